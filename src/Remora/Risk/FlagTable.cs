using Remora.Markets;
using Remora.Regimes;
using static System.FormattableString;

namespace Remora.Risk;

/// <summary>All flags, one row each, in the order of <see cref="RiskFlag"/>.</summary>
public static class FlagTable
{
    private static readonly FlagDefinition[] Rows =
    [
        AtMost(
            RiskFlag.ExtremeFear,
            "The fear and greed index is very low.",
            Signal.FearGreed,
            new("extreme_fear", rules => rules.ExtremeFear, 0, 100),
            isBlockingByDefault: true
        ),
        new(
            RiskFlag.Panic,
            "The regime is panic.",
            (in i) => Is(i.Regime, Regime.Panic),
            a =>
                double.IsNaN(a.GetReadings().DayReturn)
                    ? $"in force since {a.RegimeSince}"
                    : $"in force since {a.RegimeSince}: "
                        + Invariant($"the price changed by {a.GetReadings().DayReturn:+0.0%;-0.0%} in 24 hours")
        )
        {
            IsFromCandles = true,
            IsBlockingByDefault = true,
        },
        new(
            RiskFlag.HighVolatility,
            "The volatility score is extreme.",
            (in i) => IsAtLeast(i.Market.Volatility, i.Policy.Regime.ExtremeVolatility),
            a => Invariant($"higher than in {a.Volatility:0%} of the market's last {RequiredHistory.Base.Days} days")
        )
        {
            IsFromCandles = true,
            IsBlockingByDefault = true,
        },
        new(
            RiskFlag.BearMarket,
            "Daily candles are bearish, or the price is far below its 200-day average.",
            IsBearMarket,
            BearMarket
        )
        {
            IsFromCandles = true,
            Threshold = new("bear_market_distance", rules => rules.BearMarketDistance, 0, 1),
        },
        new(
            RiskFlag.Downtrend,
            "The regime is bear.",
            (in i) => Is(i.Regime, Regime.Bear),
            a => $"the regime is bear since {a.RegimeSince}"
        )
        {
            IsFromCandles = true,
        },
        AtLeast(
            RiskFlag.ExtremeGreed,
            "The fear and greed index is very high.",
            Signal.FearGreed,
            new("extreme_greed", rules => rules.ExtremeGreed, 0, 100)
        ),
        AtLeast(
            RiskFlag.FundingExtreme,
            "The size of the funding rate is very large, positive or negative.",
            Signal.FundingRate,
            new("funding_extreme", rules => rules.FundingExtreme, 0, 1)
        ),
        AtLeast(
            RiskFlag.LiquidationCascade,
            "Liquidations exceed the usual size of the last month.",
            Signal.Liquidations,
            new("liquidation_cascade", rules => rules.LiquidationCascade, 0, 1000)
        ),
        AtMost(
            RiskFlag.NegativeNews,
            "The news is bad.",
            Signal.NewsSentiment,
            new("negative_news", rules => rules.NegativeNews, -1, 1)
        ),
        AtLeast(
            RiskFlag.MacroStress,
            "The VIX is high.",
            Signal.Vix,
            new("macro_stress", rules => rules.MacroStress, 0, 1000)
        ),
        new(
            RiskFlag.ScheduledEvent,
            "The moment is within an event window of the calendar; null without a calendar.",
            (in i) => i.Outside.Calendar?.HoldsAt(i.Now),
            ScheduledEvents
        )
        {
            IsShared = true,
        },
        new(
            RiskFlag.Shock,
            "The unfinished candle moved further from the last close than the forecast expects once in 30 days; null "
                + "without a forecast.",
            (in i) =>
                i.Market.Shock is not null ? true
                : i.Market.Forecast is { InTestedRange: true } ? false
                : null,
            Shocked
        )
        {
            IsFromCandles = true,
        },
    ];

    /// <summary>All rows.</summary>
    public static IReadOnlyList<FlagDefinition> All => Rows;

    /// <summary>The flags that block under the default policy.</summary>
    internal static IReadOnlyList<RiskFlag> BlockingByDefault { get; } =
    [.. Rows.Where(row => row.IsBlockingByDefault).Select(row => row.Flag)];

    /// <summary>Returns the row of a flag.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not a flag.</exception>
    public static FlagDefinition Of(RiskFlag flag) =>
        (uint)flag < (uint)Rows.Length
            ? Rows[(int)flag]
            : throw new ArgumentOutOfRangeException(nameof(flag), flag, "not a flag");

    /// <summary>Evaluates all flags.</summary>
    internal static EventFlags Raise(in FlagInputs inputs)
    {
        var flags = default(EventFlags);
        var hasOutside = !ReferenceEquals(inputs.Outside, OutsideView.Empty);
        foreach (var row in Rows)
            if (hasOutside || row.IsFromCandles)
                flags = flags.With(row.Flag, row.IsRaised(inputs));
        return flags;
    }

    /// <summary>Creates a flag that a signal's measure raises at a threshold or above it.</summary>
    private static FlagDefinition AtLeast(RiskFlag flag, string meaning, Signal signal, FlagThreshold threshold)
    {
        var row = SignalTable.Of(signal);
        return new(
            flag,
            meaning,
            row.IsSymmetric
                ? (in i) => IsAtLeast(Math.Abs(i.Outside.At(signal, i.Now)), i.Threshold(flag))
                : (in i) => IsAtLeast(i.Outside.At(signal, i.Now), i.Threshold(flag)),
            a => Measured(a, row, threshold, row.IsSymmetric ? "or more in size" : "or above")
        )
        {
            Threshold = threshold,
            IsShared = row.IsShared,
        };
    }

    /// <summary>Creates a flag that a signal's measure raises at a threshold or below it.</summary>
    private static FlagDefinition AtMost(
        RiskFlag flag,
        string meaning,
        Signal signal,
        FlagThreshold threshold,
        bool isBlockingByDefault = false
    )
    {
        var row = SignalTable.Of(signal);
        return new(
            flag,
            meaning,
            (in i) => IsAtMost(i.Outside.At(signal, i.Now), i.Threshold(flag)),
            a => Measured(a, row, threshold, "or below")
        )
        {
            Threshold = threshold,
            IsShared = row.IsShared,
            IsBlockingByDefault = isBlockingByDefault,
        };
    }

    private static string Measured(Assessment a, SignalDefinition row, FlagThreshold threshold, string direction) =>
        $"{row.Describe(a.Outside.At(row.Signal, a.AssessedAt))} "
        + $"({row.Format(threshold.Of(a.Rules.Flags))} {direction})";

    private static bool? IsBearMarket(in FlagInputs i)
    {
        var daily = i.Market.DailyTrend;
        return !daily.IsWarm
            ? null
            : RegimeClassifier.IsBear(daily, i.Policy.Regime)
                || i.Market.Close < daily.Sma200 * (1 - i.Policy.Flags.BearMarketDistance);
    }

    private static string BearMarket(Assessment a)
    {
        var market = a.GetReadings();
        var distance = (market.Close / market.DailyTrend.Sma200) - 1;
        return Invariant(
            $"the price is {Math.Abs(distance):0.0%} {(distance < 0 ? "below" : "above")} its 200-day average"
        );
    }

    private static string ScheduledEvents(Assessment a) =>
        string.Join("; ", a.Outside.Calendar!.Near(a.AssessedAt).Select(e => $"{e.Name} at {e.At}"));

    private static string Shocked(Assessment a)
    {
        var shock = a.GetReadings().Shock!;
        return Invariant($"the price was {shock.Price}, {shock.Change:+0.0%;-0.0%} from the last close, within the ")
            + Invariant($"unfinished candle as seen at {shock.SeenAt} ({shock.Limit:+0.0%;-0.0%} is expected once ")
            + "in 30 days)";
    }

    private static bool? Is(Regime? regime, Regime wanted) => regime is null ? null : regime == wanted;

    private static bool? IsAtLeast(double value, double bound) => double.IsNaN(value) ? null : value >= bound;

    private static bool? IsAtMost(double value, double bound) => double.IsNaN(value) ? null : value <= bound;
}
