using Remora.Markets;

namespace Remora.Backtest.Data;

/// <summary>
/// What the kind of an outside value defines: its signal, its column in a file, and when it became
/// knowable, for files that do not contain that time.
/// </summary>
public static class OutsideKinds
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    // The provider of the index has published by then, in winter and in summer.
    private static readonly TimeSpan UsClose = new(21, 15, 0);

    private static readonly Dictionary<OutsideKind, Shape> Shapes = new()
    {
        [OutsideKind.FearGreedDaily] = new(
            Signal.FearGreed,
            "value",
            TimeSpan.Zero,
            TimeSpan.FromHours(36),
            "alternative.me"
        ),
        // A Friday's value is valid over a weekend that a holiday extends.
        [OutsideKind.VixDaily] = new(Signal.Vix, "close", UsClose, TimeSpan.FromDays(5), "cboe"),
        [OutsideKind.DollarIndexDaily] = new(Signal.DollarIndex, "close", UsClose, TimeSpan.FromDays(5), "ice"),
        [OutsideKind.BtcDominanceDaily] = new(
            Signal.BtcDominance,
            "btc_dominance_pct",
            Day,
            TimeSpan.FromDays(3),
            "coinmarketcap"
        ),
        [OutsideKind.OpenInterestDaily] = new(
            Signal.OpenInterest,
            "open_interest_usd",
            Day,
            TimeSpan.FromDays(3),
            "exchanges"
        )
        {
            OtherColumn = "open_interest",
        },
        [OutsideKind.Funding8h] = new(
            Signal.FundingRate,
            "funding_rate",
            TimeSpan.Zero,
            TimeSpan.FromHours(16),
            "exchange"
        ),
        [OutsideKind.FundingDailyMean] = new(Signal.FundingRate, "funding_mean", Day, TimeSpan.FromDays(2), "exchange"),
    };

    /// <summary>All kinds by their names.</summary>
    public static IReadOnlyDictionary<string, OutsideKind> Names { get; } =
        Enum.GetValues<OutsideKind>().ToDictionary(RemoraJson.NameOf);

    /// <summary>Returns a value as it became known.</summary>
    /// <param name="kind">The kind.</param>
    /// <param name="base">The base currency of the value; null for the whole market.</param>
    /// <param name="dated">The time that the source states for the value.</param>
    /// <param name="value">The value; finite.</param>
    /// <param name="knowable">When it became knowable; null: the kind defines it.</param>
    public static Observation Observe(
        OutsideKind kind,
        string? @base,
        Instant dated,
        double value,
        Instant? knowable = null
    )
    {
        var shape = Shapes[kind];
        var known = knowable ?? dated + shape.KnownAfter;
        return new(shape.Signal, @base, value, known, known, shape.TimeToLive, shape.Source);
    }

    /// <summary>Returns the signal of a kind.</summary>
    public static Signal SignalOf(OutsideKind kind) => Shapes[kind].Signal;

    internal static string ColumnOf(OutsideKind kind) => Shapes[kind].Column;

    internal static string? OtherColumnOf(OutsideKind kind) => Shapes[kind].OtherColumn;

    private sealed record Shape(Signal Signal, string Column, TimeSpan KnownAfter, TimeSpan TimeToLive, string Source)
    {
        /// <summary>Another name of the column, of values in another unit.</summary>
        public string? OtherColumn { get; init; }
    }
}

/// <summary>
/// The kind of the values in an outside file, which defines when they became knowable.
/// </summary>
public enum OutsideKind
{
    /// <summary>Fear and greed index; the value dated D is published at D 00:00 UTC.</summary>
    FearGreedDaily,

    /// <summary>VIX; the close of D is known at D 21:15 UTC.</summary>
    VixDaily,

    /// <summary>US dollar index; the close of D is known at D 21:15 UTC.</summary>
    DollarIndexDaily,

    /// <summary>Bitcoin dominance in percent; a value dated D is known at the end of D.</summary>
    BtcDominanceDaily,

    /// <summary>
    /// Open interest in any constant unit, in the column open_interest_usd or open_interest; a
    /// value dated D is known at the end of D.
    /// </summary>
    OpenInterestDaily,

    /// <summary>Funding rate per 8 hours; known at its timestamp.</summary>
    Funding8h,

    /// <summary>Mean of a day's 8-hour funding rates; known at the end of the day.</summary>
    FundingDailyMean,
}
