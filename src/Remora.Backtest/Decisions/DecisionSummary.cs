using Remora.Backtest.Chance;
using Remora.Forecasts;

namespace Remora.Backtest.Decisions;

/// <summary>
/// What the refused entries saved and missed. Profits are ratios of one stake after fees; NaN
/// without entries.
/// </summary>
public sealed record DecisionSummary
{
    private const int Placebos = 2000;
    private const ulong Seed = 1;

    /// <summary>The refused entries.</summary>
    public required EntryGroup Refused { get; init; }

    /// <summary>The allowed entries, followed by the same rules.</summary>
    public required EntryGroup Allowed { get; init; }

    /// <summary>
    /// The refused entries that are not counted, because an earlier one of the same bot and pair
    /// would still have been open.
    /// </summary>
    public required int Overlapping { get; init; }

    /// <summary>The losses of the refused entries that would have lost: a sum of ratios.</summary>
    public required double Saved { get; init; }

    /// <summary>The profits of the refused entries that would have won: a sum of ratios.</summary>
    public required double Missed { get; init; }

    /// <summary>The same in money, for each currency of stakes.</summary>
    public required IReadOnlyList<MoneyOfRefused> Money { get; init; }

    /// <summary>
    /// The figures of the refused entries compared with refusing as many others; the p-values are
    /// NaN while there are no refused or no allowed entries whose end is known.
    /// </summary>
    public required IReadOnlyDictionary<string, PlaceboTest> EqualCount { get; init; }

    /// <summary>Summarizes entries and their outcomes, in the order of the decisions.</summary>
    public static DecisionSummary Of(IReadOnlyList<(WantedEntry Entry, EntryOutcome Outcome)> entries)
    {
        var openUntil = new Dictionary<string, Markets.Instant>(StringComparer.Ordinal);
        var (counted, overlapping) = (new List<(WantedEntry Entry, EntryOutcome Outcome)>(entries.Count), 0);
        foreach (var one in entries)
        {
            var (entry, outcome) = one;
            if (entry.IsRefused && openUntil.TryGetValue(entry.Slot, out var until) && entry.At <= until)
            {
                overlapping++;
                continue;
            }
            counted.Add(one);
            if (entry.IsRefused && outcome.State != EntryState.Unknown)
                openUntil[entry.Slot] =
                    outcome.ExitedAt
                    ?? (outcome.State == EntryState.Open ? Markets.Instant.MaxValue : outcome.EnteredAt!.Value);
        }
        var ended = counted.Where(one => one.Outcome.IsOver).ToList();
        var refused = ended.Where(one => one.Entry.IsRefused).ToList();
        var tally = new EntryTally([
            .. ended.Select(one => new BaselineTrade(0, one.Outcome.Profit, MoneyOf(one), one.Outcome.Excursion)),
        ]);
        return new()
        {
            Refused = EntryGroup.Of(counted.Where(one => one.Entry.IsRefused)),
            Allowed = EntryGroup.Of(counted.Where(one => !one.Entry.IsRefused)),
            Overlapping = overlapping,
            Saved = -refused.Sum(one => Math.Min(0, one.Outcome.Profit)),
            Missed = refused.Sum(one => Math.Max(0, one.Outcome.Profit)),
            Money =
            [
                .. refused
                    .Where(one => double.IsFinite(one.Entry.Stake))
                    .GroupBy(one => one.Entry.Market.Pair.Settle ?? one.Entry.Market.Pair.Quote)
                    .OrderBy(currency => currency.Key, StringComparer.Ordinal)
                    .Select(currency => new MoneyOfRefused(
                        currency.Key,
                        currency.Count(),
                        -currency.Sum(one => Math.Min(0, MoneyOf(one))),
                        currency.Sum(one => Math.Max(0, MoneyOf(one)))
                    )),
            ],
            EqualCount = EntryChance.Test(
                tally,
                [.. ended.Select(one => one.Entry.IsRefused)],
                Placebos,
                Seed,
                each: true
            ),
        };
    }

    private static double MoneyOf((WantedEntry Entry, EntryOutcome Outcome) one) =>
        one.Entry.Stake * one.Outcome.Profit;
}

/// <summary>Entries of one verdict.</summary>
/// <param name="Entries">The number of entries that count.</param>
/// <param name="Ended">The number of those whose end is known: by stop, target or limit.</param>
/// <param name="Open">The number of those that are still open.</param>
/// <param name="Losers">The number of those that ended with a loss.</param>
/// <param name="MeanProfit">The mean profit of the ended ones.</param>
/// <param name="Horizons">The mean profit after each horizon, by its name.</param>
public sealed record EntryGroup(
    int Entries,
    int Ended,
    int Open,
    int Losers,
    double MeanProfit,
    IReadOnlyDictionary<string, double> Horizons
)
{
    internal static EntryGroup Of(IEnumerable<(WantedEntry Entry, EntryOutcome Outcome)> entries)
    {
        EntryOutcome[] all = [.. entries.Select(one => one.Outcome)];
        EntryOutcome[] ended = [.. all.Where(outcome => outcome.IsOver)];
        return new(
            all.Length,
            ended.Length,
            all.Count(outcome => outcome.State == EntryState.Open),
            ended.Count(outcome => outcome.Profit < 0),
            Mean(ended.Select(outcome => outcome.Profit)),
            Horizon.All.ToDictionary(
                horizon => horizon.Name,
                horizon => Mean(all.Select(outcome => outcome.Horizons[horizon.Name])),
                StringComparer.Ordinal
            )
        );
    }

    private static double Mean(IEnumerable<double> values) =>
        values.Where(double.IsFinite).DefaultIfEmpty(double.NaN).Average();
}

/// <summary>What refused entries saved and missed in one currency.</summary>
/// <param name="Currency">The currency of the stakes.</param>
/// <param name="Entries">The number of ended entries with a known stake.</param>
/// <param name="Saved">The losses of those that would have lost.</param>
/// <param name="Missed">The profits of those that would have won.</param>
public sealed record MoneyOfRefused(string Currency, int Entries, double Saved, double Missed);
