using System.Text.Json;
using Remora.Backtest.Decisions;
using Remora.Backtest.Strategies;
using Remora.Markets;
using Remora.Risk;
using Remora.Server.Answers;
using Remora.Store;
using Remora.Store.Tables;
using static System.FormattableString;

namespace Remora.Server.Api.Decisions;

/// <summary>
/// Stores reported entries and follows them on the stored candles. Outcomes are computed when they
/// are asked for, so nothing can be lost and a revised candle counts.
/// </summary>
internal static class DecisionLedger
{
    /// <summary>The maximum number of entries that are followed for one answer.</summary>
    public const int Most = 5000;

    /// <summary>The longest span of an answer.</summary>
    public static readonly TimeSpan LongestSpan = TimeSpan.FromDays(92);

    /// <summary>Stores reports that were checked.</summary>
    public static async Task<DecisionReceipt> AddAsync(
        MarketStore store,
        AssessmentBoard board,
        IReadOnlyList<DecisionReport> reports,
        CancellationToken cancellation
    )
    {
        var stored = await store.Decisions.AddAsync([.. reports.Select(report => RowOf(report, board))], cancellation);
        return new(stored, reports.Count - stored);
    }

    /// <summary>Returns the entries of a span and what became of them until now.</summary>
    /// <param name="store">The store.</param>
    /// <param name="from">The first moment.</param>
    /// <param name="to">The end, exclusive.</param>
    /// <param name="now">The current time.</param>
    /// <param name="limit">The maximum number of entries to list.</param>
    /// <param name="cancellation">Stops waiting.</param>
    public static async Task<DecisionAnswer> FollowAsync(
        MarketStore store,
        Instant from,
        Instant to,
        Instant now,
        int limit,
        CancellationToken cancellation
    )
    {
        var rows = await store.Decisions.Of(new(from, to, Most + 1, NewestFirst: true)).ListAsync(cancellation);
        var isComplete = rows.Count <= Most;
        var followed = new List<(WantedEntry Entry, FollowedDecision Decision)>(rows.Count);
        foreach (var market in rows.Take(Most).Reverse().GroupBy(row => (row.Exchange, row.Pair, row.Timeframe)))
        {
            DecisionRow[] own = [.. market];
            var follower = await FollowerAsync(store, own, cancellation);
            foreach (var row in own)
            {
                var report = JsonSerializer.Deserialize(row.Report, ServerJson.Shared.DecisionReport)!;
                var entry = EntryOf(report, row);
                var outcome = follower?.Follow(entry) ?? EntryOutcome.Unknown;
                var isTracked = row.Timeframe.Length > 0;
                followed.Add(
                    (
                        entry,
                        new(
                            report,
                            isTracked ? row.Exchange : null,
                            isTracked ? Timeframe.Parse(row.Timeframe) : null,
                            outcome
                        )
                    )
                );
            }
        }
        followed.Sort(
            (one, other) =>
                one.Entry.At != other.Entry.At
                    ? one.Entry.At.UnixMilliseconds.CompareTo(other.Entry.At.UnixMilliseconds)
                    : string.CompareOrdinal(one.Decision.Report.Id, other.Decision.Report.Id)
        );
        var summary = DecisionSummary.Of([.. followed.Select(one => (one.Entry, one.Decision.Outcome))]);
        return new(
            from,
            to,
            now,
            Sentence(summary),
            isComplete,
            summary,
            [.. followed.Select(one => one.Decision).Reverse().Take(limit)]
        );
    }

    /// <summary>Returns a summary in words.</summary>
    public static string Sentence(DecisionSummary summary)
    {
        var refused = summary.Refused;
        if (refused.Entries == 0)
            return "No entries were refused.";
        var many = refused.Entries == 1 ? "1 entry was refused" : $"{refused.Entries} entries were refused";
        if (refused.Ended == 0)
            return $"{many}; what would have become of {(refused.Entries == 1 ? "it" : "them")} is not known yet.";
        var known = refused.Ended == refused.Entries ? "" : $" ({refused.Ended} of them have ended)";
        var amounts = summary.Money.Any(money => money.Entries > 0)
            ? string.Join(
                ", ",
                summary.Money.Select(money =>
                    Invariant($"losses of {money.Saved:0.##} {money.Currency} saved, profits of ")
                    + Invariant($"{money.Missed:0.##} {money.Currency} missed")
                )
            )
            : Invariant($"losses of {100 * summary.Saved:0.0} % of a stake saved, profits of ")
                + Invariant($"{100 * summary.Missed:0.0} % missed");
        var chance =
            summary.EqualCount.TryGetValue("edge_pct", out var edge) && double.IsFinite(edge.P)
                ? Invariant($" Refusing as many other entries does at least as well with probability {edge.P:0.00}.")
                : " There is nothing to compare them with yet.";
        return $"{many}{known}: {amounts}.{chance}";
    }

    private static async Task<EntryFollower?> FollowerAsync(
        MarketStore store,
        DecisionRow[] rows,
        CancellationToken cancellation
    )
    {
        if (rows[0].Timeframe.Length == 0)
            return null;
        var market = MarketOf(rows[0]);
        // A stop or target is reached within the limit, and known one candle later
        var until = rows[^1].At + EntryFollower.Limit + TimeSpan.FromHours(2) + market.Timeframe.Length;
        var candles = await store.Candles.Of(market, new Span(rows[0].At, until)).ListAsync(cancellation);
        return new(new(market.Timeframe, candles, 0));
    }

    private static DecisionRow RowOf(DecisionReport report, AssessmentBoard board)
    {
        var tracked = board
            .MarketsOf(report.Pair!.ToString())
            .FirstOrDefault(market => report.Exchange is null || market.Id.Exchange == report.Exchange);
        return new(
            report.Id!,
            report.Bot!,
            tracked?.Id.Exchange ?? "",
            report.Pair.ToString(),
            tracked?.Id.Timeframe.Name ?? "",
            RemoraJson.NameOf(report.Side!.Value),
            report.At!.Value,
            RemoraJson.NameOf(report.Verdict!.Value),
            JsonSerializer.Serialize(report, ServerJson.Shared.DecisionReport)
        );
    }

    private static WantedEntry EntryOf(DecisionReport report, DecisionRow row) =>
        new()
        {
            Slot = $"{row.Bot}\n{report.Strategy}\n{row.Pair}",
            Market = MarketOf(row),
            At = row.At,
            Side = report.Side!.Value,
            IsRefused = report.Verdict != EntryVerdict.Allowed,
            Stake = report.Stake ?? double.NaN,
            Leverage = report.Leverage!.Value,
            Fee = report.Fee!.Value,
            StopLoss = report.StopLoss ?? double.NegativeInfinity,
            Roi =
            [
                .. (report.Roi ?? []).Select(step => new RoiStep(
                    TimeSpan.FromMinutes(step.Minutes!.Value),
                    step.Profit!.Value
                )),
            ],
        };

    private static MarketId MarketOf(DecisionRow row) =>
        new(
            row.Exchange,
            Pair.Parse(row.Pair),
            row.Timeframe.Length == 0 ? Timeframe.FiveMinutes : Timeframe.Parse(row.Timeframe)
        );
}
