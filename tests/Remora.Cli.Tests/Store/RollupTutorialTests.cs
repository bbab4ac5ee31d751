using System.Text.RegularExpressions;
using Remora.Testing;

namespace Remora.Cli.Tests.Store;

/// <summary>Runs the commands of the tutorial in docs/rollups.md.</summary>
[Trait("speed", "slow")]
public sealed partial class RollupTutorialTests
{
    [Fact]
    public async Task The_tutorial_works_as_written()
    {
        await using var store = await StoreHost.StartAsync();
        var page = await File.ReadAllTextAsync(Repository.PathOf("docs", "rollups.md"));
        var blocks = Blocks()
            .Matches(page)
            .Select(match => (Kind: match.Groups["kind"].Value, Text: match.Groups["text"].Value))
            .ToList();
        var sql = blocks.Where(block => block.Kind == "sql").ToList();
        await store.RunAsync(sql[0].Text);
        var places = new Dictionary<string, string>
        {
            ["activity.sql"] = store.File("activity.sql", sql[1].Text),
            ["delta.csv"] = store.File("delta.csv", blocks.Single(block => block.Kind == "csv").Text),
            ["data"] = store.Data,
        };
        var commands = blocks
            .Where(block => block.Kind == "console")
            .SelectMany(block => block.Text.Trim().Split('\n'))
            .ToList();
        Assert.InRange(commands.Count, 8, 30);
        var outputs = "";
        foreach (var command in commands)
        {
            var words = Words()
                .Matches(command)
                .Select(match => match.Groups["word"].Value.Trim('"', '\''))
                .Skip(1)
                .Select(word => places.GetValueOrDefault(word, word));
            var (exit, output, errors) = await RemoraProcess.RunAsync([.. words]);
            Assert.True(exit == 0, $"{command}: {output}{errors}");
            outputs += output;
        }
        Assert.Contains("events: 3 rows loaded", outputs);
        Assert.Contains("activity: exact: 3 rows", outputs);
        Assert.Contains("\"2024-02-01 00:00:00\",\"a\",2,4,", outputs);
        Assert.Contains("readers use version 2", outputs);
        Assert.Equal("events\nrollup_loads\n", await store.RunAsync("SHOW TABLES"));
    }

    [GeneratedRegex(
        "```(?<kind>[a-z]+)\n(?<text>.*?)```",
        RegexOptions.Singleline | RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex Blocks();

    [GeneratedRegex("""(?<word>"[^"]*"|'[^']*'|[^ ]+)""", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Words();
}
