using Remora.Indicators;
using Remora.Markets;
using Remora.Regimes;
using Remora.Risk;
using Remora.Testing;

namespace Remora.Tests.Risk;

/// <summary>Creates assessments from given readings, without a tape.</summary>
internal static class SomeAssessment
{
    public static readonly Instant AsOf = Some.At("2022-06-13T08:00:00Z");

    /// <summary>A calm, fully warm market: v 0.2, no trend, RSI 50, sideways.</summary>
    public static readonly MarketReadings Calm = MarketReadings.Unknown with
    {
        AsOf = AsOf,
        Candle = new(AsOf - TimeSpan.FromMinutes(5), 100, 101, 99, 100, 1),
        Volatility = 0.2,
        AtrRatio = 0.002,
        BollingerWidth = 0.01,
        ReturnDeviation = 0.001,
        Rsi = 50,
        DayReturn = 0.01,
        DayDrawdown = -0.01,
        MoveInSigmas = 0.1,
        Trend = new(200, 100, 100, 100, 100, 100, 0, 0, 0, 10, 20, 20),
        DailyTrend = new(200, 100, 100, 100, 100, 100, 0, 0, 0, 10, 20, 20),
        WarmUp = 1,
    };

    public static Assessment Of(
        MarketReadings? readings = null,
        Regime? regime = Regime.Sideways,
        Observation[]? outside = null,
        RiskPolicy? policy = null,
        Side side = Side.Long,
        TimeSpan age = default,
        Signal[]? configured = null,
        string pair = "BTC/USDT",
        double agreement = 1,
        EventCalendar? calendar = null
    )
    {
        var market = Some.MarketOf(pair);
        var state = regime is null ? RegimeState.Unknown : new RegimeState(regime, AsOf, agreement);
        return new(
            new(market, new(policy ?? RiskPolicy.Default), configured ?? []),
            readings ?? Calm,
            state,
            View(market, outside ?? [], calendar),
            side,
            AsOf + age
        );
    }

    /// <summary>
    /// Creates a value that became known an hour before <see cref="AsOf"/> and is valid for a day.
    /// </summary>
    public static Observation Value(Signal signal, double value, string? @base = null) =>
        new(
            signal,
            @base,
            value,
            AsOf - TimeSpan.FromHours(1),
            AsOf - TimeSpan.FromHours(1),
            TimeSpan.FromDays(1),
            "test"
        );

    /// <summary>
    /// Creates two values of a signal whose change is scored: 100 at the start of the span, then
    /// <paramref name="value"/>.
    /// </summary>
    public static Observation[] Change(Signal signal, TimeSpan span, double value)
    {
        var now = Value(signal, value);
        return [now with { Value = 100, HeldAt = now.HeldAt - span, KnowableAt = now.KnowableAt - span }, now];
    }

    /// <summary>
    /// Creates 200 hours with liquidations of 1, then one of <paramref name="multiple"/>.
    /// </summary>
    public static Observation[] Liquidations(double multiple)
    {
        var now = Value(Signal.Liquidations, multiple);
        return
        [
            .. Enumerable
                .Range(1, 200)
                .Reverse()
                .Select(h =>
                    now with
                    {
                        Value = 1,
                        HeldAt = now.HeldAt - TimeSpan.FromHours(h),
                        KnowableAt = now.KnowableAt - TimeSpan.FromHours(h),
                    }
                ),
            now,
        ];
    }

    private static OutsideView View(MarketId market, Observation[] outside, EventCalendar? calendar)
    {
        var book = new OutsideBook();
        foreach (var observation in outside)
            book.Apply(observation);
        if (calendar is not null)
            book.Apply(calendar);
        return book.View(market.Pair.Base);
    }
}
