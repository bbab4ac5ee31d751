using Remora.Markets;
using Remora.Risk;
using Remora.Store.Tables;
using Remora.Testing;

namespace Remora.Store.Tests;

public sealed class BlockHistoryTests(Engine engine)
{
    /// <summary>The query equals a loop over the assessments, some of which are missing.</summary>
    [Theory]
    [InlineData(Side.Long)]
    [InlineData(Side.Short)]
    public async Task Blocks_are_those_whose_beginning_and_end_were_recorded(Side side)
    {
        var store = await engine.NewTablesAsync();
        using var scratch = new Scratch();
        await using var recorded = new Recorded(store, Recorded.Options(scratch.Folder));
        // Few are missing in one place, which is no gap, and more in two others.
        List<Assessment> assessments =
        [
            .. Recorded
                .Assessments(Some.Btc, 1500)
                .Where((_, i) => i is not ((> 400 and < 403) or (> 700 and < 712) or (> 1000 and < 1300))),
        ];
        foreach (var assessment in assessments)
            recorded.Recorder.Assessment(assessment);
        await recorded.FlushAsync();
        var policy = assessments[0].Policy;

        var expected = Expected([.. assessments.Select(each => each.At(each.AssessedAt, side))]);
        Assert.NotEmpty(expected);
        Assert.Equal(expected, await BlockHistory.OfAsync(store, Some.Btc, policy, side, default));

        var (from, to) = (assessments[300].AssessedAt, assessments[900].AssessedAt);
        var within = assessments.Where(each => each.AssessedAt >= from && each.AssessedAt < to);
        Assert.Equal(
            Expected([.. within.Select(each => each.At(each.AssessedAt, side))]),
            await BlockHistory.OfAsync(store, Some.Btc, policy, side, new(from, to))
        );
        Assert.Empty(await BlockHistory.OfAsync(store, Some.Eth, policy, side, default));
    }

    private static List<BlockedSpan> Expected(IReadOnlyList<Assessment> assessments)
    {
        var blocks = new List<BlockedSpan>();
        for (var i = 1; i < assessments.Count; i++)
        {
            if (assessments[i].SafeToTrade || !assessments[i - 1].SafeToTrade || IsGap(i))
                continue;
            var end = i + 1;
            while (end < assessments.Count && !IsGap(end) && !assessments[end].SafeToTrade)
                end++;
            if (end < assessments.Count && !IsGap(end))
                blocks.Add(new(assessments[i].AssessedAt, assessments[end].AssessedAt, assessments[i].BlockedBy[0]));
        }
        return blocks;

        bool IsGap(int i) => assessments[i].AssessedAt - assessments[i - 1].AssessedAt > Some.Btc.Timeframe.Length * 4;
    }
}
