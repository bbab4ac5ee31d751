using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Remora.Cli.Tests;

/// <summary>
/// Tests that commands in the documentation exist, and that its examples match real responses.
/// </summary>
public sealed partial class DocumentationTests
{
    public static TheoryData<string> Commands =>
        [
            .. Documents()
                .SelectMany(file => CommandPattern().Matches(File.ReadAllText(file)))
                .Select(match => match.Groups["command"].Value.Trim())
                .Distinct(),
        ];

    [Theory, MemberData(nameof(Commands))]
    public void Every_command_in_the_documentation_is_valid(string command)
    {
        var words = command.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var named = words.Aggregate(
            (Command?)CommandLine.Create(),
            (command, word) => command?.Subcommands.FirstOrDefault(known => known.Name == word)
        );
        if (named is not null)
            return; // only the name of a command, not an example
        var parsed = CommandLine.Create().Parse(words);
        Assert.True(parsed.Errors.Count == 0, string.Join("; ", parsed.Errors));
    }

    [Fact]
    public async Task The_answer_in_the_readme_has_the_fields_of_a_real_one()
    {
        await using var service = RemoraProcess.Start([
            "serve",
            "--sandbox",
            "--speed",
            "300",
            "--port",
            "0",
            "--pairs",
            "BTC/USDT",
        ]);
        var url = await service.UrlAsync();
        await ServeCommandTests.ReadyAsync(url);
        using var http = new HttpClient { BaseAddress = new(url) };
        using var real = JsonDocument.Parse(await http.GetStringAsync("/api/v1/risk?pair=BTC/USDT"));
        using var shown = JsonDocument.Parse(
            AnswerPattern().Match(await File.ReadAllTextAsync(Path.Combine(Root(), "README.md"))).Groups["json"].Value
        );
        Assert.All(
            shown.RootElement.EnumerateObject(),
            field =>
                Assert.Equal(
                    field.Value.ValueKind is JsonValueKind.True or JsonValueKind.False,
                    real.RootElement.GetProperty(field.Name).ValueKind is JsonValueKind.True or JsonValueKind.False
                )
        );
    }

    [Fact]
    public void The_evidence_in_the_readme_is_that_of_the_results()
    {
        var results = File.ReadAllText(Path.Combine(Root(), "docs", "results.md"));
        var readme = File.ReadAllText(Path.Combine(Root(), "README.md")).ReplaceLineEndings(" ");
        string[] numbers = [.. IntervalPattern().Matches(readme).Select(match => match.Value)];
        Assert.True(numbers.Length >= 5);
        Assert.All(numbers, number => Assert.Contains(number, results, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_link_leads_to_a_file()
    {
        foreach (var document in Documents())
        foreach (Match link in LinkPattern().Matches(File.ReadAllText(document)))
            Assert.True(
                Path.Exists(Path.Combine(Path.GetDirectoryName(document)!, link.Groups["path"].Value)),
                $"{document}: {link.Value}"
            );
    }

    [Fact]
    public void Every_document_is_in_the_index_of_its_folder()
    {
        foreach (var folder in new[] { "docs", "docs/decisions" })
        {
            var index = File.ReadAllText(Path.Combine(Root(), folder, "README.md"));
            var documents = Directory.GetFiles(Path.Combine(Root(), folder), "*.md").Select(Path.GetFileName);
            Assert.All(
                documents.Where(name => name != "README.md"),
                name => Assert.Contains($"]({name})", index, StringComparison.Ordinal)
            );
        }
    }

    [Fact, Trait("speed", "slow")]
    public async Task The_site_builds_without_a_dead_link()
    {
        using var site = Process.Start(
            new ProcessStartInfo(Path.Combine(Root(), "docs-site"))
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;
        var (output, errors) = (site.StandardOutput.ReadToEndAsync(), site.StandardError.ReadToEndAsync());
        await site.WaitForExitAsync();
        var text = await output + await errors;
        Assert.SkipWhen(
            text.Contains("npm error network", StringComparison.Ordinal)
                || text.Contains("npm error code E", StringComparison.Ordinal),
            "VitePress cannot be installed: " + text
        );
        Assert.True(site.ExitCode == 0, text);
        var folder = Path.Combine(Root(), "artifacts", "docs-site");
        Assert.True(File.Exists(Path.Combine(folder, "decisions", "index.html")));
        // The report is not a page of the site, whose links to it are not checked by the build.
        Assert.Contains("href=\"/report.html\"", await File.ReadAllTextAsync(Path.Combine(folder, "results.html")));
        var report = await File.ReadAllTextAsync(Path.Combine(folder, "report.html"));
        Assert.Contains("id=\"headline\"", report);
        Assert.InRange(report.Length, 0, 4_000_000); // each new version stays in the repository
    }

    private static IEnumerable<string> Documents() =>
        Directory
            .GetFiles(Root(), "*.md")
            .Concat(
                Directory
                    .GetFiles(Path.Combine(Root(), "docs"), "*.md", SearchOption.AllDirectories)
                    .Where(file => !file.Contains("node_modules", StringComparison.Ordinal))
            );

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Remora.slnx")))
            folder = folder.Parent!;
        return folder.FullName;
    }

    [GeneratedRegex(
        @"(^|`)(\./)?remora (?<command>[a-z][^`#\n]*)",
        RegexOptions.Multiline | RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex CommandPattern();

    [GeneratedRegex(@"-?\d+\.\d+( %)? \(-?\d+\.\d+ to -?\d+\.\d+\)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex IntervalPattern();

    [GeneratedRegex(@"```json\n(?<json>.*?)```", RegexOptions.Singleline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex AnswerPattern();

    [GeneratedRegex(@"\]\((?<path>[^)#:]+)\)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex LinkPattern();
}
