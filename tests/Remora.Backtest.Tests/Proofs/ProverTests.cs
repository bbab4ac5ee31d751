using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Remora.Backtest.Proofs;
using Remora.Forecasts;
using Remora.Markets;
using Remora.Risk;

namespace Remora.Backtest.Tests.Proofs;

/// <summary>
/// Answers of a service that was restarted, on candles of which one was revised, are computed again
/// from what is stored at the end.
/// </summary>
public sealed class ProverTests
{
    private const int Day = 288;
    private const int Past = 20 * Day;
    private static readonly MarketId Market = new("binance", Pair.Parse("BTC/USDT"), Timeframe.FiveMinutes);
    private static readonly IReadOnlyList<Candle> Candles = Generated.Candles(Past + 600, 5).Candles;
    private static readonly Signal[] Signals = [Signal.FearGreed, Signal.FundingRate, Signal.Vix];
    private static readonly IReadOnlyList<Observation> Values = Observations();

    private readonly List<byte[]> _answers = [];
    private readonly List<Candle> _stored = [.. Candles];

    private ProofInputs Stored =>
        new()
        {
            Policy = BuiltInPolicies.Default,
            Base = _stored,
            Hourly = Longer(Timeframe.OneHour),
            Daily = Longer(Timeframe.OneDay),
            Observations = Values,
        };

    [Fact]
    public void A_thousand_answers_with_restarts_and_a_revised_candle_are_equal_or_explained()
    {
        const int wrong = Past + 250; // in the second run
        var right = _stored[wrong];
        _stored[wrong] = right with { Close = right.Low, Open = right.High };
        Serve(Past, Past + 200);
        Serve(Past + 200, Past + 300);
        _stored[wrong] = right;
        var before = _answers.Count;
        Serve(Past + 300, Past + 600); // the service rebuilds its model, as at a start
        Assert.InRange(_answers.Count, 1000, 5000);

        var answers = Parsed();
        var proofs = new Prover(Stored).Prove(answers);
        var closed = right.OpenTime + Market.Timeframe.Length;
        for (var i = 0; i < proofs.Count; i++)
        {
            var isWrong = i < before && answers[i].AsOf >= closed;
            Assert.Equal(isWrong ? ProofCause.Candles : ProofCause.None, proofs[i].Cause);
            if (isWrong)
                Assert.Contains($"opened from {right.OpenTime} until {closed} is not", proofs[i].Explanation);
        }
        Assert.Contains(proofs, proof => proof.Cause == ProofCause.Candles);
    }

    [Fact]
    public void One_flipped_digit_in_an_answer_is_found()
    {
        Serve(Past, Past + 3);
        var text = Encoding.UTF8.GetString(_answers[^1]);
        var changed = new List<ProvenAnswer>();
        var (refused, digits) = (0, 0);
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsAsciiDigit(text[i]) || IsInName(text, i))
                continue;
            digits++;
            var other = text[..i] + (char)('0' + ((text[i] - '0' + 1) % 10)) + text[(i + 1)..];
            try
            {
                changed.AddRange(ProvenAnswer.Parse(Encoding.UTF8.GetBytes(other)));
            }
            catch (BacktestException)
            {
                refused++; // no such time or timeframe
            }
        }
        Assert.InRange(digits, 300, 3000);
        Assert.Equal(digits, refused + changed.Count);
        Assert.True(Assert.Single(new Prover(Stored).Prove([ProvenAnswer.Parse(_answers[^1])[0]])).IsEqual);
        // Another market is another store, which is empty.
        var here = changed.Where(answer => answer.Market.Equals(Market)).ToList();
        Assert.Equal([], new Prover(Stored).Prove(here).Where(proof => proof.IsEqual));
    }

    [Fact]
    public void One_changed_digit_in_the_store_is_found_and_named()
    {
        Serve(Past, Past + 40);
        var answers = Parsed();
        var all = Stored;
        Assert.All(new Prover(all).Prove(answers), proof => Assert.True(proof.IsEqual, proof.Explanation));
        var since = answers[0].Inputs.Since;

        Proof[] After(ProofInputs stored) => [.. new Prover(stored).Prove(answers)];
        static ProofInputs With(ProofInputs stored, int at, Func<Candle, Candle> change) =>
            stored with
            {
                Base = [.. stored.Base.Select((candle, i) => i == at ? change(candle) : candle)],
            };
        Func<Candle, Candle>[] changes =
        [
            candle => candle with { Open = Math.BitIncrement(candle.Open) },
            candle => candle with { High = candle.High + 0.01 },
            candle => candle with { Low = candle.Low - 0.01 },
            candle => candle with { Close = Math.BitDecrement(candle.Close) },
            candle => candle with { Volume = candle.Volume + 0.00000001 },
        ];
        foreach (var change in changes)
        {
            // Between two answers: named.
            var opened = Candles[Past + 20].OpenTime;
            var proofs = After(With(all, Past + 20, change));
            Assert.All(
                proofs.Zip(answers),
                pair => Assert.Equal(pair.Second.AsOf > opened ? ProofCause.Candles : ProofCause.None, pair.First.Cause)
            );
            Assert.Contains($"opened from {opened} until", proofs[^1].Explanation);
        }
        // Within the history of the start, and in the past of the forecast.
        Assert.All(After(With(all, Past - 300, changes[3])), proof => Assert.Equal(ProofCause.Candles, proof.Cause));
        Assert.All(After(With(all, 40, changes[4])), proof => Assert.Equal(ProofCause.ForecastCandles, proof.Cause));
        Assert.True(Candles[40].OpenTime < since);
        Assert.All(
            After(all with { Base = [.. all.Base.Where((_, i) => i != Past + 20)] }).Zip(answers),
            pair =>
                Assert.Equal(
                    pair.Second.AsOf > Candles[Past + 20].OpenTime ? ProofCause.Candles : ProofCause.None,
                    pair.First.Cause
                )
        );
        Assert.All(
            After(all with { Daily = [.. all.Daily.Select(day => day with { Close = Math.BitIncrement(day.Close) })] }),
            proof => Assert.Equal(ProofCause.Candles, proof.Cause)
        );
        Assert.All(After(all with { Base = [] }), proof => Assert.Equal(ProofCause.Candles, proof.Cause));

        // An outside value, a policy, coefficients.
        var vix = Values.Last(value => value.Signal == Signal.Vix && value.KnowableAt < Candles[Past].OpenTime);
        var other = After(
            all with
            {
                Observations =
                [
                    .. Values.Select(value => value == vix ? value with { Value = value.Value + 0.01 } : value),
                ],
            }
        );
        var named = Assert.Single(other.Select(proof => proof.Cause).Distinct(), cause => cause != ProofCause.None);
        Assert.Equal(ProofCause.OutsideValue, named);
        Assert.Contains(other, proof => proof.Explanation.Contains("vix", StringComparison.Ordinal));
        var policy = BuiltInPolicies.Default with
        {
            Decision = BuiltInPolicies.Default.Decision with { BlockingScore = 0.79 },
        };
        Assert.All(After(all with { Policy = policy }), proof => Assert.Equal(ProofCause.Policy, proof.Cause));
    }

    [Fact]
    public void The_verdicts_of_an_event_are_proven_and_a_changed_digit_of_them_is_found()
    {
        Serve(Past, Past + 4); // ends with two answers for the long side
        var text = EventOf(_answers[^2], _answers[^1]);
        var states = ProvenAnswer.Parse(Encoding.UTF8.GetBytes(text));
        Assert.Equal(2, states.Count);
        Assert.All(new Prover(Stored).Prove(states), proof => Assert.True(proof.IsEqual, proof.Explanation));

        var regime = states[1].Json.GetProperty("regime").GetString();
        var hash = states[1].Inputs.Hash;
        foreach (
            var (cause, field, right, wrong) in new[]
            {
                (ProofCause.Answer, "regime", $"\"regime\":\"{regime}\"", "\"regime\":\"panic\""),
                (ProofCause.Answer, "safe_to_trade", "\"safe_to_trade\":true", "\"safe_to_trade\":false"),
                (ProofCause.Answer, "risk_score", "\"risk_score\":", "\"risk_score\":1"),
                (ProofCause.Candles, null, hash, hash[..^1] + (hash[^1] == '0' ? '1' : '0')),
            }
        )
        {
            var other = text.Replace(right, wrong).Replace("1null", "1");
            var proof = new Prover(Stored).Prove(ProvenAnswer.Parse(Encoding.UTF8.GetBytes(other)))[1];
            Assert.Equal((cause, field), (proof.Cause, proof.Difference?.Field));
        }
        var first = JsonNode.Parse(text)!;
        first["before"] = null;
        var only = ProvenAnswer.Parse(Encoding.UTF8.GetBytes(first.ToJsonString()));
        Assert.True(new Prover(Stored).Prove([Assert.Single(only)])[0].IsEqual);
    }

    /// <summary>Returns the event of a webhook with the verdicts of two answers.</summary>
    private static string EventOf(byte[] before, byte[] after) =>
        new JsonObject
        {
            ["event"] = "change",
            ["pair"] = Market.Pair.ToString(),
            ["side"] = JsonNode.Parse(after)!["side"]!.GetValue<string>(),
            ["before"] = StateOf(before),
            ["after"] = StateOf(after),
        }.ToJsonString();

    private static JsonObject StateOf(byte[] json)
    {
        var answer = JsonNode.Parse(json)!.AsObject();
        var state = Parts("safe_to_trade", "regime", "risk_score", "blocked_by", "as_of");
        var proof = Parts("exchange", "timeframe", "policy", "policy_id", "assessed_at", "no_forecast", "inputs");
        var sources = answer["sources"]!.AsObject();
        var names = Signals.Select(RemoraJson.NameOf).Where(sources.ContainsKey);
        proof["signals"] = new JsonArray([.. names.Select(name => (JsonNode)name)]);
        proof["coefficients"] = answer["forecast"]!["coefficients"]!.DeepClone();
        state["proof"] = proof;
        return state;

        JsonObject Parts(params string[] names) =>
            new(names.Select(name => KeyValuePair.Create(name, answer[name]?.DeepClone())));
    }

    [Theory]
    [InlineData("{", "not valid JSON")]
    [InlineData("""{"event":"change"}""", "not the whole event")]
    [InlineData("""{"event":"change","pair":"BTC/USDT","side":"long","before":null,"after":{}}""", "before 'proof'")]
    [InlineData("{}", "not the assessment of a pair")]
    [InlineData("""{"risk_breakdown":{}}""", "before 'inputs'")]
    [InlineData("""{"risk_breakdown":{},"inputs":null}""", "before the first candle")]
    [InlineData("""{"risk_breakdown":{},"inputs":{}}""", "not the whole assessment")]
    public void Other_files_are_refused_with_the_reason(string json, string reason) =>
        Assert.Contains(
            reason,
            Assert.Throws<BacktestException>(() => ProvenAnswer.Parse(Encoding.UTF8.GetBytes(json))).Message
        );

    private List<ProvenAnswer> Parsed() => [.. _answers.SelectMany(json => ProvenAnswer.Parse(json))];

    /// <summary>
    /// Runs a service that starts before a candle and ends before another one. It answers after
    /// each candle and each value, and between them for either side.
    /// </summary>
    private void Serve(int from, int until)
    {
        var engine = new RemoraEngine([BuiltInPolicies.Default], Signals);
        engine.Apply(MarketEvent.Dated(Csv.ShippedCalendar.Dates));
        var start = _stored[from].OpenTime;
        var (value, begin) = (0, from / Day * Day - (5 * Day));
        for (; value < Values.Count && Values[value].KnowableAt <= start; value++)
            engine.Apply(MarketEvent.Observed(Values[value]));
        var past = new Forecaster(
            Market.Timeframe,
            CoefficientVintages.Shipped,
            Csv.ShippedCalendar.Dates,
            Market.Pair.Quote
        );
        foreach (var candle in _stored.Take(from - 100))
            past.Apply(candle);
        var history = new MarketHistory(
            Longer(Timeframe.OneDay),
            [.. Longer(Timeframe.OneHour).Skip(7)],
            _stored[begin..from]
        )
        {
            ForecastState = past.Save(),
        };
        Answer(engine.Apply(MarketEvent.Recovered(Market, history))!);
        for (var i = from; i < until; i++)
        {
            var closes = _stored[i].OpenTime + Market.Timeframe.Length;
            for (; value < Values.Count && Values[value].KnowableAt <= closes; value++)
            {
                engine.Apply(MarketEvent.Observed(Values[value]));
                Answer(engine.Assess(Market, 0, Values[value].KnowableAt));
            }
            Answer(engine.Apply(MarketEvent.Closed(Market, _stored[i]))!);
            Answer(
                engine
                    .Assess(Market, 0, closes + TimeSpan.FromSeconds(i % 51))
                    .At(closes + TimeSpan.FromSeconds(i % 51), i % 2 == 0 ? Side.Short : Side.Long)
            );
        }
    }

    private void Answer(Assessment assessment) =>
        _answers.Add(JsonSerializer.SerializeToUtf8Bytes(assessment, RemoraJson.Options.TypeOf<Assessment>()));

    private static List<Candle> Longer(Timeframe timeframe)
    {
        var aggregator = new CandleAggregator(Market.Timeframe, timeframe);
        var longer = new List<Candle>();
        foreach (var candle in Candles.Take(Past))
            if (aggregator.Add(candle, out var closed))
                longer.Add(closed);
        return longer;
    }

    private static Observation[] Observations()
    {
        var random = new Random(3);
        var values = new List<Observation>();
        for (var i = Past - (40 * Day); i < Candles.Count; i += 1 + random.Next(60))
        {
            var known = Candles[0].OpenTime + (i * Market.Timeframe.Length) + TimeSpan.FromSeconds(random.Next(299));
            var signal = Signals[random.Next(Signals.Length)];
            var (value, @base) = signal switch
            {
                Signal.FearGreed => ((double)random.Next(5, 95), (string?)null),
                Signal.FundingRate => ((random.Next(1000) - 400) / 1e6, "BTC"),
                _ => (10 + (random.Next(4000) / 100.0), null),
            };
            values.Add(new(signal, @base, value, known - TimeSpan.FromMinutes(9), known, TimeSpan.FromDays(2), "test"));
        }
        return [.. values.OrderBy(one => one.KnowableAt.UnixMilliseconds)];
    }

    // Names such as forecast_volatility_1h or flag_ have digits that belong to no value.
    private static bool IsInName(string text, int at)
    {
        var open = text.LastIndexOf('"', at);
        var close = text.IndexOf('"', at);
        return open >= 0
            && close + 1 < text.Length
            && text[close + 1] == ':'
            && text.AsSpan(0, open).Count('"') % 2 == 0;
    }
}
