using System.Text.RegularExpressions;
using Remora.Testing;

namespace Remora.Cli.Tests.Store;

/// <summary>Runs the commands of the tutorial in docs/rollups.md, and nothing else.</summary>
[Trait("speed", "slow")]
public sealed partial class RollupTutorialTests
{
    [Fact]
    public async Task The_tutorial_works_as_written()
    {
        await using var store = await StoreHost.StartAsync();
        var page = await File.ReadAllTextAsync(Repository.PathOf("docs", "rollups.md"));
        var places = Files()
            .Matches(page)
            .ToDictionary(
                match => match.Groups["name"].Value,
                match => store.File(match.Groups["name"].Value, match.Groups["text"].Value)
            );
        Assert.Equal(["activity.sql", "delta.csv", "events.sql"], places.Keys.Order());
        places["data"] = store.Data;
        await store.RunAsync("DROP DATABASE remora"); // the first command creates it
        var commands = Commands()
            .Matches(page)
            .SelectMany(match => match.Groups["text"].Value.Trim().Split('\n'))
            .ToList();
        Assert.InRange(commands.Count, 9, 30);
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
        "`(?<name>[a-z]+\\.[a-z]+)`:\n\n```[a-z]+\n(?<text>.*?)```",
        RegexOptions.Singleline | RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex Files();

    [GeneratedRegex("```console\n(?<text>.*?)```", RegexOptions.Singleline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Commands();

    [GeneratedRegex("""(?<word>"[^"]*"|'[^']*'|[^ ]+)""", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Words();
}
