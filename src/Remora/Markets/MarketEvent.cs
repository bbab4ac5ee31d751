namespace Remora.Markets;

/// <summary>
/// An input of the engine: a closed candle, an unfinished candle, an outside value, a calendar of
/// scheduled events, the calendar of forecasts, a market's history at start-up, or the begin or end
/// of a market.
/// </summary>
public readonly record struct MarketEvent
{
    private MarketEvent(
        MarketId? market,
        in Candle candle,
        Observation? observation,
        MarketHistory? history,
        EventCalendar? calendar = null,
        ForecastCalendar? dates = null,
        Instant? seenAt = null,
        MarketChange? change = null
    )
    {
        Market = market;
        Candle = candle;
        Observation = observation;
        History = history;
        Calendar = calendar;
        Dates = dates;
        SeenAt = seenAt;
        Change = change;
    }

    /// <summary>The market of the event; null for an observation and for calendars.</summary>
    public MarketId? Market { get; }

    /// <summary>
    /// The base candle; valid when <see cref="Observation"/>, <see cref="History"/>,
    /// <see cref="Calendar"/>, <see cref="Dates"/> and <see cref="Change"/> are null. Closed unless
    /// <see cref="SeenAt"/> is known.
    /// </summary>
    public Candle Candle { get; }

    /// <summary>When the unfinished candle was read; null for a closed candle.</summary>
    public Instant? SeenAt { get; }

    /// <summary>The outside value, or null.</summary>
    public Observation? Observation { get; }

    /// <summary>The history that replaces the market's state, or null.</summary>
    public MarketHistory? History { get; }

    /// <summary>The calendar that replaces the previous one, or null.</summary>
    public EventCalendar? Calendar { get; }

    /// <summary>The calendar of forecasts that replaces the previous one, or null.</summary>
    public ForecastCalendar? Dates { get; }

    /// <summary>Whether the market begins or ends to be tracked; null for other events.</summary>
    public MarketChange? Change { get; }

    /// <summary>Creates the event of a closed base candle.</summary>
    public static MarketEvent Closed(MarketId market, in Candle candle) => new(market, candle, null, null);

    /// <summary>Creates the event of a base candle that has not closed yet.</summary>
    /// <param name="market">The market.</param>
    /// <param name="candle">The candle so far.</param>
    /// <param name="seenAt">When it was read.</param>
    public static MarketEvent Unfinished(MarketId market, in Candle candle, Instant seenAt) =>
        new(market, candle, null, null, seenAt: seenAt);

    /// <summary>Creates the event of an outside value that became known.</summary>
    public static MarketEvent Observed(Observation observation) => new(null, default, observation, null);

    /// <summary>Creates the event of a new or changed calendar.</summary>
    public static MarketEvent Scheduled(EventCalendar calendar) => new(null, default, null, null, calendar);

    /// <summary>Creates the event of a new or changed calendar of forecasts.</summary>
    public static MarketEvent Dated(ForecastCalendar dates) => new(null, default, null, null, null, dates);

    /// <summary>
    /// Creates the event of a fetched history, from which the market's model is rebuilt.
    /// </summary>
    public static MarketEvent Recovered(MarketId market, MarketHistory history) => new(market, default, null, history);

    /// <summary>Creates the event of a market that is tracked from now on.</summary>
    public static MarketEvent Tracked(MarketId market) =>
        new(market, default, null, null, change: MarketChange.Tracked);

    /// <summary>
    /// Creates the event of a market that is no longer tracked: its model is dropped.
    /// </summary>
    public static MarketEvent Dropped(MarketId market) =>
        new(market, default, null, null, change: MarketChange.Dropped);
}

/// <summary>A change of the set of tracked markets.</summary>
public enum MarketChange
{
    /// <summary>The market is tracked from now on.</summary>
    Tracked,

    /// <summary>The market is no longer tracked.</summary>
    Dropped,
}

/// <summary>
/// A market's past: closed candles in ascending order; each list can be empty. Longer candles are
/// used up to the first base candle. From there on, the engine aggregates its own longer candles,
/// so the answer is the same with either of the two.
/// </summary>
/// <param name="Daily">Daily candles.</param>
/// <param name="Hourly">Hourly candles; empty when the base timeframe is one hour or
/// longer.</param>
/// <param name="Base">Candles of the base timeframe.</param>
public sealed record MarketHistory(
    IReadOnlyList<Candle> Daily,
    IReadOnlyList<Candle> Hourly,
    IReadOnlyList<Candle> Base
)
{
    /// <summary>
    /// The market that these and later candles come from when another exchange or pair is the
    /// fallback; null without a fallback or when it is unknown.
    /// </summary>
    public MarketId? Source { get; init; }

    /// <summary>
    /// The state of a forecaster that has seen candles of this market up to one of
    /// <see cref="Base"/>, from <see cref="Forecasts.Forecaster.Save"/>: its past is longer. Null
    /// for none; the forecaster then begins with <see cref="Base"/>.
    /// </summary>
    public ReadOnlyMemory<byte>? ForecastState { get; init; }

    /// <summary>
    /// The number of base candles whose values differ from those that this history replaces: candle
    /// revisions. 0 for a first history.
    /// </summary>
    public int Revised { get; init; }
}
