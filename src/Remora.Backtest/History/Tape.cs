using Remora.Markets;

namespace Remora.Backtest.History;

/// <summary>
/// Candles and outside values of one market as the engine would have been told them: each at the moment it was knowable, a candle at its close.
/// What was knowable at the same moment comes before the candle, for an answer at that moment may use it.
/// </summary>
/// <param name="Market">The market.</param>
/// <param name="Candles">Its closed candles, ascending.</param>
/// <param name="Observations">Outside values in any order; those of other currencies do no harm.</param>
public sealed record Tape(MarketId Market, IReadOnlyList<Candle> Candles, IReadOnlyList<Observation> Observations)
{
    /// <summary>Calendars in the order in which they became known, each in place of the one before; none where nothing is scheduled.</summary>
    public IReadOnlyList<EventCalendar> Calendars { get; init; } = [];

    /// <summary>The signals it has values of for this market: their absence at a moment lowers confidence.</summary>
    public IReadOnlyList<Signal> Signals => [.. Observations.Where(o => o.Base is null || o.Base == Market.Pair.Base).Select(o => o.Signal).Distinct().Order()];

    /// <summary>The events in order. Observations that became known after the last candle are left out: nothing would show them.</summary>
    public IEnumerable<MarketEvent> Events()
    {
        // A stable sort: of two values knowable at once the one that stood first in its file stays first.
        var observations = Observations.OrderBy(o => o.KnowableAt.UnixMilliseconds).ThenBy(o => o.HeldAt.UnixMilliseconds).ToArray();
        var (next, page) = (0, 0);
        foreach (var candle in Candles)
        {
            var closed = candle.OpenTime + Market.Timeframe.Length;
            while (page < Calendars.Count && Calendars[page].KnowableAt <= closed) yield return MarketEvent.Scheduled(Calendars[page++]);
            while (next < observations.Length && observations[next].KnowableAt <= closed) yield return MarketEvent.Observed(observations[next++]);
            yield return MarketEvent.Closed(Market, candle);
        }
    }

    /// <summary>The tape as it was at <paramref name="now"/>: candles that had closed, values that had become known.</summary>
    public Tape Until(Instant now) => this with
    {
        Candles = [.. Candles.TakeWhile(c => c.OpenTime + Market.Timeframe.Length <= now)],
        Observations = [.. Observations.Where(o => o.KnowableAt <= now)],
        Calendars = [.. Calendars.Where(c => c.KnowableAt <= now)],
    };
}
