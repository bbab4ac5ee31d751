using Remora.Markets;

namespace Remora.Risk;

/// <summary>All signals, one row each, in the order of <see cref="Signal"/>.</summary>
internal static class SignalTable
{
    private static readonly SignalDefinition[] Rows =
    [
        new(Signal.FearGreed, "the fear and greed index", "0.#", "of 100")
        {
            IsShared = true,
            Ramps = [new("fear", rules => rules.Fear), new("greed", rules => rules.Greed)],
        },
        new(Signal.FundingRate, "the funding rate", "0.000%", "per 8 hours")
        {
            IsSymmetric = true,
            Ramps = [new("funding", rules => rules.Funding)],
        },
        new(Signal.Vix, "the VIX", "0.0", "points") { IsShared = true, Ramps = [new("vix", rules => rules.Vix)] },
        new(Signal.DollarIndex, "the US dollar index", "+0.0%;-0.0%")
        {
            IsShared = true,
            Measure = SignalMeasure.Ratio(TimeSpan.FromDays(5)),
            Ramps = [new("dollar_index", rules => rules.DollarIndex)],
        },
        new(Signal.Liquidations, "the last hour's liquidations", "0.0")
        {
            Measure = SignalMeasure.Multiple(TimeSpan.FromDays(30)),
            Ramps = [new("liquidations", rules => rules.Liquidations)],
        },
        new(Signal.OpenInterest, "open interest", "+0.0%;-0.0%")
        {
            Measure = SignalMeasure.Ratio(TimeSpan.FromHours(24)),
            Ramps = [new("open_interest", rules => rules.OpenInterest)],
        },
        new(Signal.NewsSentiment, "the news sentiment", "0.00")
        {
            Ramps = [new("news_sentiment", rules => rules.NewsSentiment)],
        },
        new(Signal.BtcDominance, "Bitcoin's dominance", "+0.0;-0.0", "points")
        {
            IsShared = true,
            Measure = SignalMeasure.Difference(TimeSpan.FromDays(7)),
            ExemptBase = "BTC",
            Ramps = [new("btc_dominance", rules => rules.BtcDominance)],
        },
        new(Signal.ImpliedVolatility, "implied volatility", "0.0", "% per year"),
        new(Signal.TotalMarketCap, "the total market capitalisation", "0", "USD") { IsShared = true },
        new(Signal.EquityFuture, "the S&P 500 future", "0.0", "points") { IsShared = true },
    ];

    /// <summary>All rows.</summary>
    public static ReadOnlySpan<SignalDefinition> All => Rows;

    /// <summary>The longest time that a value is needed after the time it describes.</summary>
    public static TimeSpan LongestReach { get; } = Rows.Max(row => row.Measure.Reach);

    /// <summary>Returns the row of a signal.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not a signal.</exception>
    public static SignalDefinition Of(Signal signal) =>
        (uint)signal < (uint)Rows.Length
            ? Rows[(int)signal]
            : throw new ArgumentOutOfRangeException(nameof(signal), signal, "not a signal");
}
