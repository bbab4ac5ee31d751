using System.Runtime.InteropServices;
using Remora.Forecasts;
using Remora.Indicators;
using Remora.Markets;
using Remora.Regimes;

namespace Remora.Risk;

/// <summary>
/// What the decisions of policies depend on after each candle of one market. Any policy can be
/// evaluated over it without computing indicators and forecasts again. The results are those of the
/// engine, bit for bit.
/// </summary>
/// <param name="market">The market.</param>
/// <param name="candles">The expected number of candles.</param>
public sealed class DecisionTape(MarketId market, int candles)
{
    private readonly List<Row> _rows = new(candles);

    /// <summary>The number of candles.</summary>
    public int Count => _rows.Count;

    /// <summary>Adds what was known after the next candle.</summary>
    /// <param name="assessment">The assessment at its close, under any policy.</param>
    public void Add(Assessment assessment)
    {
        var readings = assessment.GetReadings();
        var forecast = readings.Forecast;
        _rows.Add(
            new(
                assessment.AssessedAt,
                readings.Close,
                readings.Volatility,
                readings.Rsi,
                readings.DayReturn,
                readings.MoveInSigmas,
                readings.Trend,
                readings.DailyTrend,
                RiskScorer.Percentile(forecast, Horizon.OneHour),
                RiskScorer.Percentile(forecast, Horizon.FourHours),
                RiskScorer.Percentile(forecast, Horizon.OneDay),
                forecast is null ? double.NaN : forecast.NumbersOf(Horizon.OneDay).Volatility,
                forecast is null ? double.NaN : forecast.MedianOf(Horizon.OneDay),
                assessment.Outside
            )
        );
    }

    /// <summary>Returns the close of a candle.</summary>
    public Instant TimeOf(int candle) => _rows[candle].Time;

    /// <summary>Evaluates a policy for the long side.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="first">The first candle for which decisions are wanted; those before it only
    /// determine the regime.</param>
    public TapeDecisions Under(RiskPolicy policy, int first = 0)
    {
        var plan = new PolicyPlan(policy);
        var regimes = new RegimeTracker(policy.Regime);
        var decisions = new TapeDecisions(policy, Count);
        var rows = CollectionsMarshal.AsSpan(_rows);
        for (var i = 0; i < rows.Length; i++)
        {
            var readings = rows[i].Readings();
            regimes.Update(readings);
            if (i >= first)
                decisions.Keep(i, Decide(plan, rows[i], readings, regimes.State.Regime));
        }
        return decisions;
    }

    private (bool, double, double) Decide(PolicyPlan plan, in Row row, MarketReadings readings, Regime? regime)
    {
        var policy = plan.Policy;
        var breakdown = policy.Horizon is { } horizon
            ? RiskScorer.OfPercentile(row.PercentileOf(horizon))
            : RiskScorer.BreakDown(readings, regime, row.Outside, market.Pair.Base, plan, Side.Long, row.Time);
        var score = breakdown.Score();
        var flags = FlagTable.Raise(new(readings, regime, row.Outside, plan, row.Time));
        // At its close a candle is fresh.
        var blocks = plan.Decision.Blocks(
            new(flags, regime, score, IsStale: false, AreCandlesUsable: true, row.Outside, row.Time)
        );
        var scale = policy.IsFromForecast
            ? RiskScorer.PositionScale(row.DayVolatility, row.DayMedian, policy.TargetVolatility!)
            : RiskScorer.PositionScale(score, regime, policy, Side.Long);
        return (blocks != 0, score, scale);
    }

    private readonly record struct Row(
        Instant Time,
        double Close,
        double Volatility,
        double Rsi,
        double DayReturn,
        double MoveInSigmas,
        TrendReading Trend,
        TrendReading DailyTrend,
        double HourPercentile,
        double FourHourPercentile,
        double DayPercentile,
        double DayVolatility,
        double DayMedian,
        OutsideView Outside
    )
    {
        public double PercentileOf(Horizon horizon) =>
            horizon == Horizon.OneHour ? HourPercentile
            : horizon == Horizon.FourHours ? FourHourPercentile
            : DayPercentile;

        // Without what no decision uses.
        public MarketReadings Readings() =>
            new()
            {
                AsOf = Time,
                Candle = new(Time, Close, Close, Close, Close, 0),
                Volatility = Volatility,
                Rsi = Rsi,
                DayReturn = DayReturn,
                MoveInSigmas = MoveInSigmas,
                Trend = Trend,
                DailyTrend = DailyTrend,
            };
    }
}

/// <summary>The decisions of a policy for the long side, one per candle of a tape.</summary>
public sealed class TapeDecisions
{
    internal TapeDecisions(RiskPolicy policy, int candles)
    {
        Policy = policy;
        Blocked = new bool[candles];
        Score = new double[candles];
        Scale = new double[candles];
    }

    /// <summary>The policy.</summary>
    public RiskPolicy Policy { get; }

    /// <summary>Whether entries are blocked.</summary>
    public bool[] Blocked { get; }

    /// <summary>The score, [0, 1]; NaN while unknown.</summary>
    public double[] Score { get; }

    /// <summary>
    /// The part of a position to take, were nothing blocked, [0, 1]; NaN while unknown.
    /// </summary>
    public double[] Scale { get; }

    internal void Keep(int candle, (bool Blocked, double Score, double Scale) decision) =>
        (Blocked[candle], Score[candle], Scale[candle]) = decision;
}
