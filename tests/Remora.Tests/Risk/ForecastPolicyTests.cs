using System.Text;
using System.Text.Json;
using Remora.Forecasts;
using Remora.Markets;
using Remora.Regimes;
using Remora.Risk;
using Remora.Testing;
using Remora.Tests.Forecasts;

namespace Remora.Tests.Risk;

/// <summary>The policy <c>remora-2</c> and policies like it.</summary>
public sealed class ForecastPolicyTests
{
    private const int DayCandles = 288;
    private static readonly RiskPolicy Policy = BuiltInPolicies.Forecast;
    private static readonly Lazy<Forecast[]> Forecasts = new(() =>
    {
        var forecaster = Fits.Forecaster();
        return
        [
            .. Some.Candles(7, DayCandles * 40).Select(candle => forecaster.Apply(candle)!).Where(f => f is not null),
        ];
    });

    private static Forecast[] Ranked =>
        [.. Forecasts.Value.Where(forecast => !double.IsNaN(forecast[Horizon.FourHours].Percentile))];

    [Fact]
    public void Its_score_is_the_percentile_and_its_position_the_target_over_the_forecast()
    {
        var (classes, blocked, scaled) = (new HashSet<RiskClass>(), 0, 0);
        foreach (var forecast in Ranked)
        {
            var answer = At(forecast);
            var (score, day) = (Math.Round(forecast[Horizon.FourHours].Percentile, 6), forecast[Horizon.OneDay]);
            Assert.Equal(score, answer.RiskScore);
            Assert.Equal(new(score, 0, 0, 0, 0), answer.RiskBreakdown);
            Assert.Equal(
                score < 0.2 ? RiskClass.VeryLow
                    : score < 0.5 ? RiskClass.Low
                    : score < 0.8 ? RiskClass.Medium
                    : score < 0.9 ? RiskClass.High
                    : RiskClass.VeryHigh,
                answer.RiskClass
            );
            classes.Add(answer.RiskClass!.Value);
            Assert.Equal(score < 0.9 ? [] : ["high_forecast_volatility"], answer.BlockedBy);
            Assert.Equal(
                score < 0.8 ? Recommendation.EntryOk
                    : score < 0.9 ? Recommendation.Caution
                    : Recommendation.NoEntry,
                answer.Recommendation
            );
            blocked += answer.SafeToTrade ? 0 : 1;
            var scale = score >= 0.9 ? 0 : Math.Min(1, day.MedianVolatility / day.Volatility);
            Assert.Equal(scale, answer.PositionScale, 1e-6);
            Assert.InRange(answer.PositionScale, 0, 1);
            scaled += answer.PositionScale is > 0 and < 1 ? 1 : 0;
            var other = answer.At(answer.AssessedAt, Side.Short);
            Assert.Equal((answer.RiskScore, answer.PositionScale), (other.RiskScore, other.PositionScale));
            Assert.Equal(("remora-2", "remora-2"), (answer.Policy, answer.Model));
        }
        Assert.InRange(classes.Count, 4, 5);
        Assert.InRange(blocked, 10, Ranked.Length / 2);
        Assert.InRange(scaled, 100, Ranked.Length);
    }

    [Fact]
    public void It_says_why_it_blocks_and_how_large_the_position_is()
    {
        var ranked = Ranked.First(forecast => forecast[Horizon.FourHours].Percentile > 0.95);
        var high = At(ranked);
        Assert.InRange(ranked.HistoryDays, 30, 180);
        Assert.Matches(
            @"^Entries are blocked: the forecast volatility of the next 4 hours, \d\.\d\d%, is higher than in "
                + $@"9[5-9](\.\d)?% of the market's last {(int)ranked.HistoryDays} days, and the policy blocks from 90%\.$",
            high.Reasoning[0]
        );
        var forecast = Ranked.First(f => At(f) is { SafeToTrade: true, PositionScale: < 0.95 });
        Assert.Matches(
            @"Risk is \w+( \w+)? at 0\.\d\d: the forecast volatility of the next 4 hours",
            At(forecast).Reasoning[0]
        );
        Assert.Matches(
            @"^The position is \d\d% of the usual one: the forecast volatility of the next 24 hours is \d\.\d\d%, its "
                + $@"median of {(int)forecast.HistoryDays} days, \d\.\d\d%\.$",
            At(forecast).Reasoning[1]
        );
        Assert.DoesNotContain(At(forecast, configured: [Signal.Vix]).Reasoning, s => s.Contains("Not in the score"));
    }

    [Fact]
    public void Before_30_days_its_forecast_blocks_nothing_and_it_says_so()
    {
        var young = Forecasts.Value.Where(forecast => forecast.HistoryDays < 30).ToArray();
        Assert.InRange(young.Length, 28 * DayCandles, 30 * DayCandles);
        foreach (var forecast in young.Where((_, i) => i % 50 == 0))
        {
            var answer = At(forecast);
            Assert.Empty(answer.BlockedBy);
            Assert.Equal(
                (double.NaN, double.NaN, AssessmentState.WarmingUp, Recommendation.Caution),
                (answer.RiskScore, answer.PositionScale, answer.State, answer.Recommendation)
            );
            Assert.Equal(new(double.NaN, 0, 0, 0, 0), answer.RiskBreakdown);
            Assert.StartsWith(
                "The risk score is unknown, and the forecast does not block: forecasts are ranked after 30 days of "
                    + $"candles, and there are {FormattableString.Invariant($"{forecast.HistoryDays:0.0}")}.",
                answer.Reasoning[0],
                StringComparison.Ordinal
            );
        }
        // What needs no rank holds all the same: it is as in remora-1.
        Assert.Equal(["flag_extreme_fear"], At(young[0], fear: 10).BlockedBy);
        Assert.Equal(["flag_panic"], At(young[0], regime: Regime.Panic).BlockedBy);
        Assert.Contains("need a day of candles", At(null, NoForecast.WarmingUp).Reasoning[0]);
        Assert.Contains("2h and longer", At(null, NoForecast.TimeframeTooLong).Reasoning[0]);
        Assert.Equal(0, At(null, NoForecast.NoMovement).RiskConfidence);
    }

    [Fact]
    public void Its_other_conditions_are_those_of_the_default()
    {
        var calm = Ranked.First(forecast => forecast[Horizon.FourHours].Percentile < 0.5);
        Assert.Equal(["flag_extreme_fear"], At(calm, fear: 10).BlockedBy);
        Assert.Equal(["flag_panic"], At(calm, regime: Regime.Panic).BlockedBy);
        // The volatility score is a flag, but does not block.
        var extreme = At(calm, volatility: 0.99);
        Assert.Equal((true, true), (extreme.SafeToTrade, extreme.EventFlags[RiskFlag.HighVolatility]));
        var old = SomeAssessment.Of(With(calm), policy: Policy, age: TimeSpan.FromMinutes(11));
        Assert.Equal((true, true), (old.Stale, old.SafeToTrade));
        var strict = Policy with { Decision = Policy.Decision with { OnStale = OnStale.Block } };
        Assert.Equal(
            ["stale_data"],
            SomeAssessment.Of(With(calm), policy: strict, age: TimeSpan.FromMinutes(11)).BlockedBy
        );
        // Too old to count: the forecast does not block, as no candle does.
        var high = Ranked.First(forecast => forecast[Horizon.FourHours].Percentile > 0.95);
        Assert.Empty(SomeAssessment.Of(With(high), policy: Policy, age: TimeSpan.FromHours(2)).BlockedBy);
    }

    [Fact]
    public void Horizon_target_and_threshold_are_the_policy_s()
    {
        var policy = Parse(
            """{ "name": "own", "model": "remora-2", "horizon": "24h", "target_volatility": 0.02, "block_from": 0.5 }"""
        );
        foreach (var forecast in Ranked.Where((_, i) => i % 20 == 0))
        {
            var answer = SomeAssessment.Of(With(forecast), policy: policy);
            var day = forecast[Horizon.OneDay];
            Assert.Equal(day.Percentile, answer.RiskScore, 1e-6);
            Assert.Equal(day.Percentile < 0.5, answer.SafeToTrade);
            Assert.Equal(day.Percentile < 0.5 ? Math.Min(1, 0.02 / day.Volatility) : 0, answer.PositionScale, 1e-6);
        }
        // A number needs no past to compare with.
        var young = Forecasts.Value[0];
        Assert.Equal(
            Math.Min(1, 0.02 / young[Horizon.OneDay].Volatility),
            SomeAssessment.Of(With(young), policy: policy).PositionScale,
            1e-6
        );
    }

    [Fact]
    public void The_whole_market_has_the_mean_percentile_and_the_mean_position()
    {
        var (low, high) = (
            Ranked.First(forecast => forecast[Horizon.FourHours].Percentile is > 0.3 and < 0.4),
            Ranked.First(forecast => forecast[Horizon.FourHours].Percentile > 0.95)
        );
        var calm = Whole(At(low), At(low, pair: "ETH/USDT"));
        Assert.Equal((At(low).RiskScore, At(low).PositionScale), (calm.RiskScore, calm.PositionScale));
        Assert.Equal(("remora-2", true), (calm.Model, calm.SafeToTrade));
        var wild = Whole(At(high), At(high, pair: "ETH/USDT"));
        Assert.Equal(["high_forecast_volatility"], wild.BlockedBy);
        Assert.Equal(0, wild.PositionScale);
        Assert.Contains("in the mean of the pairs, and the policy blocks from 90%.", wild.Reasoning[0]);
        var mixed = Whole(At(low), At(high, pair: "ETH/USDT"));
        Assert.Empty(mixed.BlockedBy);
        Assert.Equal((0.4 * At(low).RiskScore) + (0.6 * At(high).RiskScore), mixed.RiskScore, 1e-6);
    }

    [Fact]
    public void Model_or_score_makes_a_file_one_of_the_forecast()
    {
        Assert.Equal(Policy.Id, Parse("""{ "model": "remora-2" }""").Id);
        Assert.Equal(Policy.Id, Parse("""{ "score": "forecast_percentile" }""").Id);
        Assert.Equal(RiskPolicy.Default.Id, Parse("""{ "model": "remora-1", "score": "weighted_sum" }""").Id);
        Assert.Equal(
            PolicyFile.Write(Policy),
            PolicyFile.Write(Parse(Encoding.UTF8.GetString(PolicyFile.Write(Policy))))
        );
        string[] others =
        [
            """{ "model": "remora-2", "horizon": "1h" }""",
            """{ "model": "remora-2", "target_volatility": 0.03 }""",
            """{ "model": "remora-2", "block_from": 0.85 }""",
            """{ "model": "remora-2", "classes": { "high": 0.75 } }""",
            """{ "model": "remora-2", "decision": { "on_stale": "block" } }""",
        ];
        Assert.Equal(6, others.Select(json => Parse(json).Id).Append(Policy.Id).Distinct().Count());
    }

    [Theory]
    [InlineData("""{ "model": "remora-3" }""", "model: must be one of remora-1, remora-2, not 'remora-3'")]
    [InlineData("""{ "model": "remora-1", "score": "forecast_percentile" }""", "model: must be 'remora-2' with score")]
    [InlineData("""{ "model": "remora-2", "score": "weighted_sum" }""", "model: must be 'remora-1' with score")]
    [InlineData("""{ "block_from": 0.9 }""", "block_from: has an effect only with score 'forecast_percentile'")]
    [InlineData("""{ "horizon": "4h" }""", "horizon: has an effect only with score 'forecast_percentile'")]
    [InlineData("""{ "target_volatility": 0.1 }""", "target_volatility: has an effect only with score")]
    [InlineData("""{ "model": "remora-2", "horizon": "2h" }""", "horizon: must be one of 1h, 4h, 24h, not '2h'")]
    [InlineData("""{ "model": "remora-2", "horizon": null }""", "horizon: must be one of 1h, 4h, 24h, not null")]
    [InlineData("""{ "model": "remora-2", "target_volatility": "mean" }""", "must be 'median' or a number, not 'mean'")]
    [InlineData(
        """{ "model": "remora-2", "target_volatility": 0 }""",
        "target_volatility: must be 'median', or a ratio"
    )]
    [InlineData("""{ "model": "remora-2", "target_volatility": 11 }""", "above 0 to 10, not '11'")]
    [InlineData("""{ "model": "remora-2", "block_from": 0 }""", "block_from: must be a number above 0")]
    [InlineData("""{ "model": "remora-2", "block_from": "high" }""", "block_from: must be a number, not 'high'")]
    [InlineData("""{ "model": "remora-2", "weights": { "regime": 0.1 } }""", "weights: has an effect only with score")]
    [InlineData("""{ "model": "remora-2", "regime_risk": { "bull": 0 } }""", "regime_risk: has an effect only")]
    [InlineData("""{ "model": "remora-2", "external": { "cap": 0 } }""", "external: has an effect only")]
    [InlineData("""{ "model": "remora-2", "mirrored_regime": { "bull": "bull" } }""", "mirrored_regime: has an effect")]
    [InlineData(
        """{ "model": "remora-2", "decision": { "blocking_score": 0.7 } }""",
        "decision.blocking_score: has an effect only with score 'weighted_sum' (model 'remora-1')"
    )]
    [InlineData("""{ "model": "remora-2", "decision": { "smallest_position": 0.1 } }""", "decision.smallest_position")]
    [InlineData(
        """{ "model": "remora-2", "decision": { "full_position_score": 0 } }""",
        "decision.full_position_score"
    )]
    [InlineData("""{ "model": "remora-2", "decision": { "regime_position": { "bear": 0 } } }""", "regime_position")]
    public void A_field_that_is_wrong_or_has_no_effect_is_named(string json, string message) =>
        Assert.Contains(message, Assert.Throws<PolicyException>(() => Parse(json)).Message, StringComparison.Ordinal);

    /// <summary>Through the engine, with the past saved and loaded in between.</summary>
    [Fact]
    public void A_saved_past_gives_the_same_ranks_and_targets()
    {
        var candles = Some.Candles(11, DayCandles * 33);
        var whole = Fits.Forecaster();
        var half = Fits.Forecaster().Also(candles[..(DayCandles * 31)]);
        var resumed = Fits.Forecaster();
        resumed.Load(half.Save());
        whole.Also(candles[..(DayCandles * 31)]);
        foreach (var candle in candles[(DayCandles * 31)..])
        {
            var (a, b) = (At(whole.Apply(candle)), At(resumed.Apply(candle)));
            Assert.Equal((a.RiskScore, a.PositionScale), (b.RiskScore, b.PositionScale));
            Assert.False(double.IsNaN(a.RiskScore + a.PositionScale));
        }
    }

    [Fact]
    public void Its_json_has_the_fields_of_the_forecast_and_that_of_others_does_not()
    {
        var json = JsonElement.Parse(PolicyFile.Write(Policy));
        string[] fields = ["model", "score", "horizon", "target_volatility", "block_from"];
        Assert.Equal(
            """["remora-2","forecast_percentile","4h","median",0.9]""",
            $"[{string.Join(',', fields.Select(field => json.GetProperty(field).GetRawText()))}]"
        );
        var other = JsonElement.Parse(PolicyFile.Write(RiskPolicy.Default));
        Assert.Equal(
            ("remora-1", "weighted_sum", false),
            (
                other.GetProperty("model").GetString(),
                other.GetProperty("score").GetString(),
                other.TryGetProperty("block_from", out _)
            )
        );
    }

    private static RiskPolicy Parse(string json) => PolicyFile.Parse(Encoding.UTF8.GetBytes(json));

    private static WholeMarketAssessment Whole(params Assessment[] basket) => WholeMarketAssessment.Of(basket);

    private static MarketReadings With(Forecast? forecast, NoForecast? why = null, double volatility = 0.2) =>
        SomeAssessment.Calm with
        {
            Volatility = volatility,
            Forecast = forecast,
            NoForecast = why,
        };

    private static Assessment At(
        Forecast? forecast,
        NoForecast? why = null,
        double fear = 50,
        double volatility = 0.2,
        Regime regime = Regime.Sideways,
        string pair = "BTC/USDT",
        Signal[]? configured = null
    ) =>
        SomeAssessment.Of(
            With(forecast, why, volatility),
            regime,
            [SomeAssessment.Value(Signal.FearGreed, fear)],
            Policy,
            configured: configured,
            pair: pair
        );
}
