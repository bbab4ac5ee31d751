using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.RegularExpressions;
using Remora.Cli.Tests.Deploy;
using Remora.Testing;

namespace Remora.Cli.Tests.Upgrades;

/// <summary>
/// This version starts on the data folder of every earlier release. The archives beside this file
/// were made by the code of each release, with <c>make.sh</c>.
/// </summary>
[Trait("speed", "slow")]
public sealed partial class UpgradeTests : IDisposable
{
    private const string History =
        "/api/v1/history?pair=BTC/USDT&interval=each&from=2026-05-30&to=2027-07-01&limit=1000";
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string> Versions =>
        [
            .. Directory
                .GetFiles(Folder, "*.tar.xz")
                .Select(file => Path.GetFileName(file)[..^".tar.xz".Length])
                .Order(StringComparer.Ordinal),
        ];

    [Fact]
    public void Every_release_has_an_archive()
    {
        var released = VersionPattern()
            .Matches(File.ReadAllText(Repository.PathOf("CHANGELOG.md")))
            .Select(match => match.Groups["version"].Value)
            .Order(StringComparer.Ordinal);
        Assert.Equal(released, Versions.Select(row => row.Data).Order(StringComparer.Ordinal));
        Assert.All(Directory.GetFiles(Folder, "*.tar.xz"), file => Assert.True(new FileInfo(file).Length < 300_000));
    }

    [Fact]
    public async Task The_version_tells_the_commit()
    {
        Assert.SkipUnless(Path.Exists(Repository.PathOf(".git")), "built without a repository");
        var properties = await File.ReadAllTextAsync(Repository.PathOf("Directory.Build.props"));
        var version = Regex
            .Match(properties, "<Version>(?<it>.+)</Version>", RegexOptions.NonBacktracking)
            .Groups["it"]
            .Value;
        var (exit, output, errors) = await RemoraProcess.RunAsync("--version");
        Assert.True(exit == 0, errors);
        Assert.Matches($"^{Regex.Escape(version)}\\+[0-9a-f]{{40}}\n$", output);
    }

    [Theory, MemberData(nameof(Versions))]
    public async Task A_data_folder_of_an_earlier_release_is_opened_and_continued(string version)
    {
        Tool.Need("xz", "xz-utils");
        var (exit, output) = await Tool.RunAsync(
            "tar",
            ["-xJf", Path.Combine(Folder, version + ".tar.xz"), "-C", _folder.Path]
        );
        Assert.True(exit == 0, output);
        using var before = JsonDocument.Parse(await File.ReadAllTextAsync(_folder.File("history.json")));
        var old = before.RootElement.GetProperty("rows").EnumerateArray().ToList();
        Assert.True(old.Count >= 10, version);
        var last = Time(old[^1]);

        // Version 0.1 did not store the time of its sandbox, so the clock has to be set.
        string[] start = File.Exists(_folder.File("data/sandbox/sandbox.json"))
            ? []
            : ["--start", last.AddHours(3.5).ToString("yyyy-MM-ddTHH:mm:ssZ")];
        await using var service = RemoraProcess.Start(
            [
                .. "serve --sandbox --port 0 --pairs BTC/USDT --timeframe 1h --sources false --speed 3600".Split(' '),
                .. (string[])["--seed", "7", "--require-keys", "true", "--data", _folder.File("data"), .. start],
            ],
            new Dictionary<string, string> { ["REMORA_STORE"] = "true" },
            before: "unset REMORA_POLICY" // as an operator who never chose one
        );
        using var http = new HttpClient { BaseAddress = new(await service.UrlAsync()) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
            "Bearer",
            (await File.ReadAllTextAsync(_folder.File("key"))).Trim()
        );
        var now = await ContinuedAsync(http, last, service);

        Assert.Equal(
            before.RootElement.GetProperty("policy").GetString(),
            now.GetProperty("policy").GetString() // an update does not change the policy in use
        );
        var rows = now.GetProperty("rows").EnumerateArray().ToList();
        Assert.Equal(rows.Count, rows.DistinctBy(Time).Count());
        foreach (var (expected, actual) in old.Zip(rows))
        foreach (var member in expected.EnumerateObject())
            Assert.True(
                JsonElement.DeepEquals(member.Value, actual.GetProperty(member.Name)),
                $"{member.Name} of {expected} is {actual}"
            );
        var store = JsonElement.Parse(await http.GetStringAsync("/api/v1/store"));
        Assert.Equal(JsonValueKind.Null, store.GetProperty("error").ValueKind);
        Assert.Empty(store.GetProperty("recorder").GetProperty("set_aside").EnumerateArray());
        service.Terminate();
        Assert.Equal(0, await service.ExitAsync());
    }

    /// <summary>Waits for an assessment after the last one of the archive.</summary>
    private static async Task<JsonElement> ContinuedAsync(HttpClient http, DateTimeOffset last, RemoraProcess service)
    {
        var said = "";
        for (var waited = Stopwatch.StartNew(); waited.Elapsed < TimeSpan.FromMinutes(3); )
        {
            using var answer = await http.GetAsync(History);
            said = await answer.Content.ReadAsStringAsync();
            if (answer.IsSuccessStatusCode && JsonElement.Parse(said) is var json)
                if (json.GetProperty("rows").EnumerateArray().Any(row => Time(row) > last))
                    return json;
            await Task.Delay(500);
        }
        throw new TimeoutException($"no new assessment: {said}\n{service.Errors}");
    }

    private static string Folder => Repository.PathOf("tests", "Remora.Cli.Tests", "Upgrades");

    private static DateTimeOffset Time(JsonElement row) => row.GetProperty("time").GetDateTimeOffset();

    [GeneratedRegex(@"(?m)^## (?<version>\d+\.\d+\.\d+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex VersionPattern();
}
