namespace Remora.Markets;

/// <summary>Everything that can happen to the engine: a closed candle, an outside value, a calendar of events to come, or a market's history at start-up.</summary>
public readonly record struct MarketEvent
{
    private MarketEvent(MarketId? market, in Candle candle, Observation? observation, MarketHistory? history, EventCalendar? calendar = null)
    {
        Market = market;
        Candle = candle;
        Observation = observation;
        History = history;
        Calendar = calendar;
    }

    /// <summary>The market it is about; null for an observation or a calendar.</summary>
    public MarketId? Market { get; }

    /// <summary>The closed base candle; meaningful when <see cref="Observation"/>, <see cref="History"/> and <see cref="Calendar"/> are null.</summary>
    public Candle Candle { get; }

    /// <summary>The outside value, or null.</summary>
    public Observation? Observation { get; }

    /// <summary>The history that replaces whatever is known of the market, or null.</summary>
    public MarketHistory? History { get; }

    /// <summary>The calendar that replaces the one before, or null.</summary>
    public EventCalendar? Calendar { get; }

    /// <summary>A base candle of a market has closed.</summary>
    public static MarketEvent Closed(MarketId market, in Candle candle) => new(market, candle, null, null);

    /// <summary>An outside value has become known.</summary>
    public static MarketEvent Observed(Observation observation) => new(null, default, observation, null);

    /// <summary>The calendar of events to come has become known, or has changed.</summary>
    public static MarketEvent Scheduled(EventCalendar calendar) => new(null, default, null, null, calendar);

    /// <summary>A market's past has been fetched: its model is rebuilt from it.</summary>
    public static MarketEvent Recovered(MarketId market, MarketHistory history) => new(market, default, null, history);
}

/// <summary>
/// A market's past, all closed candles in ascending order, each list possibly empty. Longer candles are used up to where the base candles begin;
/// from there on the engine aggregates its own, so it makes no difference to the answer which of the two it was given.
/// </summary>
/// <param name="Daily">Daily candles.</param>
/// <param name="Hourly">Hourly candles; empty where the base is one hour or longer.</param>
/// <param name="Base">Candles of the base timeframe.</param>
public sealed record MarketHistory(IReadOnlyList<Candle> Daily, IReadOnlyList<Candle> Hourly, IReadOnlyList<Candle> Base)
{
    /// <summary>The market that these candles, and those after them, really are of, where another exchange or pair stands in; null where that is not known or nobody stands in.</summary>
    public MarketId? Source { get; init; }

    /// <summary>How many base candles have other values than those that this history replaces: candle revisions. 0 for a first history.</summary>
    public int Revised { get; init; }
}
