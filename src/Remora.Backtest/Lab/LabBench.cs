using System.Text;
using Remora.Backtest.Data;
using Remora.Backtest.History;
using Remora.Forecasts;
using Remora.Markets;
using Remora.Risk;

namespace Remora.Backtest.Lab;

/// <summary>The policies and inputs of a lab.</summary>
public sealed record LabOptions
{
    /// <summary>Today's policy, with which others are compared.</summary>
    public RiskPolicy Today { get; init; } = BuiltInPolicies.Default;

    /// <summary>The names that a saved policy cannot have.</summary>
    public IReadOnlyList<string> TakenNames { get; init; } = [.. BuiltInPolicies.All.Select(policy => policy.Name)];

    /// <summary>The scheduled events.</summary>
    public ReplayCalendar Calendar { get; init; } = ReplayCalendar.Shipped;

    /// <summary>The coefficients of forecasts; null for no forecasts.</summary>
    public CoefficientVintages? Coefficients { get; init; } = CoefficientVintages.Shipped;

    /// <summary>Outside values besides those of the past.</summary>
    public IReadOnlyList<Observation> Observations { get; init; } = [];
}

/// <summary>The lab is computing, and enough others wait.</summary>
public sealed class LabBusyException() : Exception("the lab is busy with other policies");

/// <summary>
/// Tries policies on the past of markets, counts them, and shows the sealed months once. One
/// computation runs at a time, on a thread of its own; one market is kept in memory. Thread-safe.
/// </summary>
/// <param name="past">Where the past comes from.</param>
/// <param name="ledger">Counts what was tried.</param>
/// <param name="options">The policies and inputs.</param>
public sealed class LabBench(ILabPast past, LabLedger ledger, LabOptions options) : IDisposable
{
    private const int MostWaiting = 4;
    private const int LeastSealedDays = 28;
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    private readonly SemaphoreSlim _one = new(1);
    private int _waiting;
    private (MarketId Id, LabSpan Span, LabMarket Market)? _kept;

    /// <summary>Today's policy.</summary>
    public RiskPolicy Today => options.Today;

    /// <summary>Tries a policy on the months that are shown, and counts it.</summary>
    /// <exception cref="BacktestException">There is too little past, or a file cannot be read or
    /// written.</exception>
    /// <exception cref="LabBusyException">Too many computations wait.</exception>
    public Task<LabTrial> TryAsync(MarketId market, RiskPolicy policy, CancellationToken cancellation) =>
        InTurnAsync(() => ComputeAsync(market, policy, cancellation), cancellation);

    /// <summary>
    /// Returns a policy as a file, and its figures over the sealed months unless they were shown
    /// before.
    /// </summary>
    /// <exception cref="BacktestException">As with <see cref="TryAsync"/>.</exception>
    /// <exception cref="PolicyException">The policy has a name that is taken.</exception>
    /// <exception cref="LabBusyException">Too many computations wait.</exception>
    public Task<LabSaved> SaveAsync(MarketId market, RiskPolicy policy, CancellationToken cancellation)
    {
        if (options.TakenNames.Contains(policy.Name))
            throw new PolicyException($"name: '{policy.Name}' is taken by another policy: choose another name");
        return InTurnAsync(() => OpenAsync(market, policy, cancellation), cancellation);
    }

    /// <summary>Call it after the last computation.</summary>
    public void Dispose() => _one.Dispose();

    private async Task<T> InTurnAsync<T>(Func<Task<T>> work, CancellationToken cancellation)
    {
        if (Interlocked.Increment(ref _waiting) > MostWaiting + 1)
        {
            Interlocked.Decrement(ref _waiting);
            throw new LabBusyException();
        }
        try
        {
            await _one.WaitAsync(cancellation);
            try
            {
                return await work();
            }
            finally
            {
                _one.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    private async Task<LabTrial> ComputeAsync(MarketId market, RiskPolicy policy, CancellationToken cancellation)
    {
        var span = await SpanOfAsync(market, cancellation);
        ledger.Of(market); // a file that cannot be read is told before the work
        if (_kept is not { } kept || !kept.Id.Equals(market) || kept.Span != span)
        {
            _kept = null; // not two in memory
            kept = (market, span, await LoadAsync(market, span.From, span.SealedFrom, cancellation));
            _kept = kept;
        }
        var isToday = policy.Equals(options.Today);
        var comparison = await OwnThread.RunAsync(() => kept.Market.Compare(policy, options.Today, cancellation));
        var tries = isToday ? ledger.Of(market) : ledger.Count(market, policy);
        var luck = LabLuck.Of(tries.Tried, comparison.Advantage);
        return new(
            market.Pair,
            market.Exchange,
            market.Timeframe,
            policy.Name,
            policy.Id,
            options.Today.Name,
            isToday,
            span,
            comparison,
            luck,
            LabText.Summary(comparison, isToday),
            LabText.Beside(comparison, isToday),
            LabText.Odds(luck, comparison.Advantage, isToday),
            [.. NotesOn(kept.Market, span)]
        );
    }

    private async Task<LabSaved> OpenAsync(MarketId market, RiskPolicy policy, CancellationToken cancellation)
    {
        var trial = await ComputeAsync(market, policy, cancellation);
        var span = trial.Span;
        var tries = ledger.Of(market);
        var from = tries.OpenedUntil is { } opened && opened > span.SealedFrom ? opened : span.SealedFrom;
        LabComparison? hidden = null;
        string summary;
        if ((span.Until - from) / Day >= Math.Min(LeastSealedDays, (span.Until - span.SealedFrom) / Day))
        {
            var months = await LoadAsync(market, from, span.Until, cancellation);
            hidden = await OwnThread.RunAsync(() => months.Compare(policy, options.Today, cancellation));
            summary = LabText.Sealed(hidden);
            ledger.Open(market, span.Until, policy.Name);
        }
        else
            summary =
                $"The sealed months up to {LabText.Day(tries.OpenedUntil!.Value)} were shown when {tries.OpenedFor} was saved. Another "
                + $"look would choose by them: the next {LeastSealedDays} days are complete on "
                + $"{LabText.Day(from + (LeastSealedDays * Day))}.";
        var described = policy with
        {
            Description =
                $"From the lab: {Counted(trial.Luck.Tried)} tried on {market}, {LabText.Day(span.From)} to "
                + $"{LabText.Day(span.SealedFrom)}. {summary}",
        };
        return new(trial, hidden, summary, policy.Name + ".json", Encoding.UTF8.GetString(PolicyFile.Write(described)));
    }

    private async Task<LabSpan> SpanOfAsync(MarketId market, CancellationToken cancellation) =>
        await past.ReachAsync(market, cancellation) is { } reach
            ? LabSpan.Of(market, reach.First, reach.End)
            : throw new BacktestException(
                $"there are no candles of {market}: fetch two years of them with 'remora history fetch'"
            );

    // Nothing that opens or becomes known at the end or later is read.
    private async Task<LabMarket> LoadAsync(
        MarketId market,
        Instant from,
        Instant until,
        CancellationToken cancellation
    )
    {
        var needed = LabSpan.Needed(from);
        var candles = await past.CandlesAsync(market, needed, until, cancellation);
        var known = await past.ObservationsAsync(market, needed, until, cancellation);
        var tape = new Tape(
            market,
            candles,
            [.. known, .. options.Observations.Where(o => o.KnowableAt >= needed && o.KnowableAt < until)]
        )
        {
            Calendar = options.Calendar with
            {
                Flags = [.. options.Calendar.Flags.Where(calendar => calendar.KnowableAt < until)],
            },
        };
        return await OwnThread.RunAsync(() => LabMarket.Of(tape, options.Coefficients, from, until, cancellation));
    }

    private static IEnumerable<string> NotesOn(LabMarket market, LabSpan span)
    {
        if (!span.IsWhole)
            yield return $"There is less than two years of history: {span.ShownDays} days are shown, from "
                + $"{LabText.Day(span.From)} to {LabText.Day(span.SealedFrom)}, and the last {(int)((span.Until - span.SealedFrom) / Day)} are "
                + "sealed.";
        if (!market.HasOutside)
            yield return "There are no outside values for these months: fear, funding and the other outside signals "
                + "neither block nor add to a score.";
        if (!market.HasSamples)
            yield return "The sample strategies need candles of 5m.";
        yield return "Entries are long. The best of many tried policies looks better than it is; tried policies are "
            + "alike, so the count overstates the luck rather than understating it.";
    }

    private static string Counted(int tried) => tried == 1 ? "1 policy" : $"{tried} policies";
}
