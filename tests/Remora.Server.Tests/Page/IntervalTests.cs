using System.Text.RegularExpressions;
using Remora.Store;
using Remora.Testing;

namespace Remora.Server.Tests.Page;

/// <summary>Tests that the page knows the intervals of the store's rollups.</summary>
public sealed partial class IntervalTests
{
    [Fact]
    public void The_page_has_the_intervals_of_the_history_and_their_lengths()
    {
        var declared = DeclarationPattern().Match(File.ReadAllText(Script("history.js"))).Value;
        var page = EntryPattern()
            .Matches(declared)
            .Select(entry =>
                (entry.Groups["name"].Value, double.Parse(entry.Groups["seconds"].Value.Replace("_", "")))
            );
        Assert.Equal(StoreIntervals.History.Select(interval => (interval.Suffix, interval.Length.TotalSeconds)), page);
    }

    [Fact]
    public void The_page_has_the_intervals_of_traffic()
    {
        var declared = LengthsPattern().Match(File.ReadAllText(Script("views", "traffic.js"))).Value;
        Assert.Equal(
            StoreIntervals.Traffic.Names(),
            NamePattern().Matches(declared).Select(name => name.Groups["name"].Value)
        );
    }

    private static string Script(params string[] parts) =>
        Repository.PathOf(["src", "Remora.Server", "Page", .. parts]);

    [GeneratedRegex("export const intervals = .*", RegexOptions.None, 1000)]
    private static partial Regex DeclarationPattern();

    [GeneratedRegex("'(?<name>\\w+)': (?<seconds>[\\d_]+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex EntryPattern();

    [GeneratedRegex("const lengths = .*", RegexOptions.None, 1000)]
    private static partial Regex LengthsPattern();

    [GeneratedRegex("'(?<name>\\w+)':", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex NamePattern();
}
