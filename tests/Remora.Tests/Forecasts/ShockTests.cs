using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Remora.Forecasts;
using Remora.Markets;
using Remora.Risk;
using Remora.Testing;

namespace Remora.Tests.Forecasts;

/// <summary>
/// The flag of an extreme move within the unfinished candle, replayed from candles of one minute.
/// </summary>
public sealed class ShockTests
{
    private const int Minutes = 5;
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly Candle[] Tape = Some.Candles(5, 2 * 24 * 60 + 20, Timeframe.Parse("1m"));

    [Theory]
    [InlineData(1, -1)]
    [InlineData(3, -1)]
    [InlineData(2, 1)]
    public void A_move_within_a_candle_is_seen_with_the_minute_and_ends_with_the_candle(int minute, int direction)
    {
        var (engine, silent) = (NewEngine(), NewEngine());
        Play(engine, silent, Tape[..^20], isShockExpected: false);
        var before = engine.Assess(Some.Btc, 0, AsOf(engine));
        Assert.False(before.EventFlags[RiskFlag.Shock]);

        var limit = Limit(before, direction);
        var candles = Move(Tape[^20..], minute, before.GetReadings().Close, limit, direction);
        var seen = new List<Assessment>();
        Play(engine, silent, candles, seen: seen);
        var shock = Assert.Single(seen);
        Assert.Equal(candles[minute].OpenTime + Minute, shock.AssessedAt);
        Assert.Equal(before.AsOf, shock.AsOf);
        Assert.True(shock.EventFlags[RiskFlag.Shock]);
        Assert.True(shock.SafeToTrade, "whether it blocks is the policy's choice");
        Assert.Equal(Recommendation.Caution, shock.Recommendation);
        var measured = shock.GetReadings().Shock!;
        Assert.Equal(direction < 0 ? candles[minute].Low : candles[minute].High, measured.Price);
        Assert.Equal(shock.AssessedAt, measured.SeenAt);
        Assert.Contains(
            shock.Reasoning,
            sentence =>
                sentence.StartsWith("Caution: shock, the price was", StringComparison.Ordinal)
                && sentence.Contains(measured.SeenAt.ToString(), StringComparison.Ordinal)
        );

        // Everything else is the state at the close.
        Assert.Equal(Without(before), Without(shock));
        Assert.False(engine.Assess(Some.Btc, 0, AsOf(engine)).EventFlags[RiskFlag.Shock]);
    }

    [Theory]
    [InlineData(0.999, false)]
    [InlineData(1.001, true)]
    public void The_limit_is_what_the_tables_expect_once_in_30_days(double times, bool isRaised)
    {
        foreach (var direction in new[] { -1, 1 })
        {
            var engine = NewEngine();
            Play(engine, NewEngine(), Tape[..^20]);
            var before = engine.Assess(Some.Btc, 0, AsOf(engine));
            var close = before.GetReadings().Close;
            var price = close * Math.Exp(direction * times * Limit(before, direction));
            var candle = new Candle(
                before.AsOf!.Value,
                close,
                Math.Max(close, price),
                Math.Min(close, price),
                price,
                1
            );
            var answer = engine.Apply(MarketEvent.Unfinished(Some.Btc, candle, candle.OpenTime + Minute));
            Assert.Equal(isRaised, answer is not null);
            Assert.Equal(isRaised, engine.Assess(Some.Btc, 0, AsOf(engine)).EventFlags[RiskFlag.Shock]);
        }
    }

    [Fact]
    public void Without_a_forecast_or_outside_the_tested_range_nothing_is_guessed()
    {
        foreach (var vintages in new[] { null, Fits.Reference })
        {
            var engine = new RemoraEngine([RiskPolicy.Default], [], vintages);
            Play(engine, NewEngine(), Tape[..^20]);
            var before = engine.Assess(Some.Btc, 0, AsOf(engine));
            Assert.NotEqual(true, before.Forecast?.InTestedRange);
            Assert.Null(engine.Apply(Crash(before)));
            Assert.Null(engine.Assess(Some.Btc, 0, AsOf(engine)).EventFlags[RiskFlag.Shock]);
        }
        Assert.Null(NewEngine().Apply(MarketEvent.Unfinished(Some.Btc, Tape[0], Tape[0].OpenTime + Minute)));
    }

    [Fact]
    public void It_blocks_where_the_policy_lists_it()
    {
        var careful = PolicyFile.Parse(
            Encoding.UTF8.GetBytes("""{"name":"careful","decision":{"blocking_flags":["shock"]}}""")
        );
        var engine = new RemoraEngine([careful], [], Fits.Anywhere);
        Play(engine, NewEngine(), Tape[..^20]);
        var shock = engine.Apply(Crash(engine.Assess(Some.Btc, 0, AsOf(engine))))!;
        Assert.Equal((false, 0), (shock.SafeToTrade, shock.PositionScale));
        Assert.Equal(["flag_shock"], shock.BlockedBy);
        Assert.StartsWith("Entries are blocked: shock, the price was", shock.Reasoning[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Another_candle_than_the_next_is_ignored_and_the_first_shock_stays()
    {
        var engine = NewEngine();
        Play(engine, NewEngine(), Tape[..^20]);
        var before = engine.Assess(Some.Btc, 0, AsOf(engine));
        var crash = Crash(before);
        foreach (var candles in new[] { -1, 1 })
        {
            var other = crash.Candle with
            {
                OpenTime = crash.Candle.OpenTime + (TimeSpan.FromMinutes(Minutes) * candles),
            };
            Assert.Null(engine.Apply(MarketEvent.Unfinished(Some.Btc, other, other.OpenTime + Minute)));
        }
        var first = engine.Apply(crash)!.GetReadings().Shock;
        var deeper = crash.Candle with { Low = crash.Candle.Low / 2 };
        Assert.Null(engine.Apply(MarketEvent.Unfinished(Some.Btc, deeper, crash.SeenAt!.Value + Minute)));
        Assert.Equal(first, engine.Assess(Some.Btc, 0, AsOf(engine)).GetReadings().Shock);
    }

    private static RemoraEngine NewEngine() => new([RiskPolicy.Default], [], Fits.Anywhere);

    private static Instant AsOf(RemoraEngine engine) => engine.Assess(Some.Btc, 0, Some.Midnight).AsOf!.Value;

    /// <summary>
    /// Applies minutes as an exchange shows them: after each the unfinished candle of 5m, after
    /// five the closed one. The silent engine receives the closed ones only, and must say the same.
    /// </summary>
    private static void Play(
        RemoraEngine engine,
        RemoraEngine silent,
        Candle[] minutes,
        bool isShockExpected = true,
        List<Assessment>? seen = null
    )
    {
        foreach (var five in minutes.Chunk(Minutes))
        {
            for (var count = 1; count < Minutes; count++)
            {
                var (candle, seenAt) = (Join(five[..count]), five[count - 1].OpenTime + Minute);
                if (engine.Apply(MarketEvent.Unfinished(Some.Btc, candle, seenAt)) is not { } shock)
                    continue;
                Assert.True(isShockExpected || shock.EventFlags[RiskFlag.Shock] == true);
                seen?.Add(shock);
            }
            var closed = MarketEvent.Closed(Some.Btc, Join(five));
            var (answer, expected) = (engine.Apply(closed)!, silent.Apply(closed)!);
            Assert.Equal(expected.RiskScore, answer.RiskScore);
            if (seen is not null)
                Assert.Equal(Json(expected).ToJsonString(), Json(answer).ToJsonString());
        }
    }

    private static Candle Join(Candle[] minutes) =>
        new(
            minutes[0].OpenTime,
            minutes[0].Open,
            minutes.Max(candle => candle.High),
            minutes.Min(candle => candle.Low),
            minutes[^1].Close,
            minutes.Sum(candle => candle.Volume)
        );

    /// <summary>
    /// The size of the log return that is expected once in 30 days, by the public tables.
    /// </summary>
    private static double Limit(Assessment assessment, int direction)
    {
        var chance = Minutes / (30.0 * 24 * 60) / 2;
        var forecast = assessment.Forecast!;
        var fit = forecast.GetCoefficients()[Horizon.OneHour];
        var table = direction < 0 ? fit.Falls : fit.Rises;
        return forecast[Horizon.OneHour].Volatility * Math.Sqrt(Minutes / 60.0) * table.SizeAt(chance);
    }

    /// <summary>Makes flat minutes, one of which moves by one and a half limits.</summary>
    private static Candle[] Move(Candle[] minutes, int minute, double close, double limit, int direction)
    {
        var moved = minutes.Select(candle => candle with { Open = close, High = close, Low = close, Close = close });
        var far = close * Math.Exp(direction * 1.5 * limit);
        return
        [
            .. moved.Select(
                (candle, i) =>
                    i == minute ? candle with { High = Math.Max(close, far), Low = Math.Min(close, far) } : candle
            ),
        ];
    }

    private static MarketEvent Crash(Assessment before)
    {
        var close = before.GetReadings().Close;
        var candle = new Candle(before.AsOf!.Value, close, close, close / 2, close, 1);
        return MarketEvent.Unfinished(Some.Btc, candle, candle.OpenTime + Minute);
    }

    private static JsonNode Json(Assessment assessment) =>
        JsonSerializer.SerializeToNode(assessment, RemoraJson.Options)!;

    /// <summary>The answer without what a shock and the time change.</summary>
    private static string Without(Assessment assessment)
    {
        var json = Json(assessment).AsObject();
        foreach (
            var name in new[]
            {
                "reasoning",
                "recommendation",
                "assessed_at",
                "age_seconds",
                "sources",
                "safe_to_trade",
            }
        )
            json.Remove(name);
        json["event_flags"]!.AsObject().Remove("flag_shock");
        return json.ToJsonString();
    }
}
