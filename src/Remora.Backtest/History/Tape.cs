using Remora.Backtest.Data;
using Remora.Markets;

namespace Remora.Backtest.History;

/// <summary>
/// Candles and outside values of one market in the order in which the live engine would have
/// received them: each at the moment it was knowable, a candle at its close. Values that were
/// knowable at the same moment come before the candle, because an answer for that moment can use
/// them.
/// </summary>
/// <param name="Market">The market.</param>
/// <param name="Candles">Closed candles of the market, ascending.</param>
/// <param name="Observations">Outside values in any order. Values of other currencies are
/// ignored.</param>
public sealed record Tape(MarketId Market, IReadOnlyList<Candle> Candles, IReadOnlyList<Observation> Observations)
{
    /// <summary>The scheduled events.</summary>
    public ReplayCalendar Calendar { get; init; } = ReplayCalendar.None;

    /// <summary>
    /// The signals with values for this market. Their absence at a moment lowers confidence.
    /// </summary>
    public IReadOnlyList<Signal> Signals =>
        [
            .. Observations
                .Where(o => o.Base is null || o.Base == Market.Pair.Base)
                .Select(o => o.Signal)
                .Distinct()
                .Order(),
        ];

    /// <summary>
    /// Returns the events in order, without observations that became known after the last candle
    /// because they affect no assessment.
    /// </summary>
    public IEnumerable<MarketEvent> Events()
    {
        if (Calendar.Dates.Events.Count > 0)
            yield return MarketEvent.Dated(Calendar.Dates); // each date states when it became known
        var outside = new KnowableQueue();
        foreach (var calendar in Calendar.Flags)
            outside.Add(calendar);
        foreach (var observation in Observations)
            outside.Add(observation);
        foreach (var candle in Candles)
        {
            var closed = candle.OpenTime + Market.Timeframe.Length;
            while (outside.TryTake(closed, out var known))
                yield return known;
            yield return MarketEvent.Closed(Market, candle);
        }
    }

    /// <summary>
    /// Returns the tape as it was at <paramref name="now"/>: the candles that had closed and the
    /// values that had become known.
    /// </summary>
    public Tape Until(Instant now) =>
        this with
        {
            Candles = [.. Candles.TakeWhile(c => c.OpenTime + Market.Timeframe.Length <= now)],
            Observations = [.. Observations.Where(o => o.KnowableAt <= now)],
            Calendar = Calendar with { Flags = [.. Calendar.Flags.Where(c => c.KnowableAt <= now)] },
        };
}
