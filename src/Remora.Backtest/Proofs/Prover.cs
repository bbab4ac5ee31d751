using System.Text.Json;
using Remora.Backtest.Data;
using Remora.Backtest.History;
using Remora.Forecasts;
using Remora.Markets;
using Remora.Risk;

namespace Remora.Backtest.Proofs;

/// <summary>
/// Computes past answers of a market again, from the candles and outside values that are stored,
/// with the engine of the service. Answers that begin with the same candle are computed in one
/// pass.
/// </summary>
/// <param name="inputs">What is stored.</param>
public sealed class Prover(ProofInputs inputs)
{
    /// <summary>
    /// The longest time between a moment that an answer or an outside value states, and its
    /// computation or arrival: a value may arrive after the moment from which it was knowable, and
    /// an answer as of a close is computed when the candle arrives. An answer is equal if it is
    /// with the values up to any moment within this time.
    /// </summary>
    public static readonly TimeSpan Lateness = TimeSpan.FromMinutes(5);

    private const int MostAlone = 100;

    /// <summary>Proves answers. The results are in the order of the answers.</summary>
    public IReadOnlyList<Proof> Prove(IReadOnlyList<ProvenAnswer> answers, CancellationToken cancellation = default)
    {
        var proofs = new Proof[answers.Count];
        var passes = answers
            .Select((answer, position) => (Answer: answer, Position: position))
            .GroupBy(one => Key(one.Answer));
        foreach (var pass in passes)
        {
            cancellation.ThrowIfCancellationRequested();
            var run = new Pass(inputs, pass.First().Answer);
            // Of several answers at one moment, the stored order is the order in which values came.
            var ordered = pass.OrderBy(one => one.Answer.AsOf.UnixMilliseconds)
                .ThenBy(one => one.Answer.AssessedAt.UnixMilliseconds);
            foreach (var (answer, position) in ordered)
                proofs[position] = run.Prove(answer);
        }
        // An earlier answer may have had a value that arrived after a later one was given.
        var alone = Enumerable.Range(0, proofs.Length).Where(i => proofs[i].Cause == ProofCause.OutsideValue);
        foreach (var i in alone.Take(MostAlone).ToArray())
        {
            cancellation.ThrowIfCancellationRequested();
            proofs[i] = new Pass(inputs, answers[i]).Prove(answers[i]);
        }
        return proofs;
    }

    private static string Key(ProvenAnswer answer)
    {
        var used = answer.Inputs;
        return $"{answer.Market} {answer.PolicyId} {used.Since} {used.Hourly} {used.Daily} {used.ForecastSince} "
            + $"{answer.HasNoForecasts} {string.Join(',', answer.Signals)}";
    }

    /// <summary>One engine that is led through the stored past.</summary>
    private sealed class Pass
    {
        private readonly ProofInputs _inputs;
        private readonly MarketId _market;
        private readonly AssessmentInputs _used;
        private readonly RemoraEngine _engine;
        private readonly KnowableQueue _outside = new();
        private readonly int _end;
        private int _next;
        private Instant? _equalUntil;
        private Instant? _differsAt;

        public Pass(ProofInputs inputs, ProvenAnswer first)
        {
            (_inputs, _market, _used) = (inputs, first.Market, first.Inputs);
            _engine = new([inputs.Policy], first.Signals, first.HasNoForecasts ? null : inputs.Coefficients);
            _engine.Apply(MarketEvent.Dated(inputs.Calendar.Dates));
            foreach (var calendar in inputs.Calendar.Flags)
                _outside.Add(calendar);
            foreach (var observation in inputs.Observations)
                _outside.Add(observation);
            _next = LowerBound(inputs.Base, _used.Since);
            _end = inputs.Base.Count;
        }

        public Proof Prove(ProvenAnswer answer)
        {
            if (answer.PolicyId != _inputs.Policy.Id)
                return Different(
                    ProofCause.Policy,
                    $"the policy '{answer.Policy}' has the id {_inputs.Policy.Id} now, the answer was given under "
                        + answer.PolicyId
                );
            if (answer.Inputs.Engine != AssessmentInputs.Current)
                return Different(
                    ProofCause.Version,
                    $"the engine {answer.Inputs.Engine} answered, this program has the engine "
                        + $"{AssessmentInputs.Current}: use a version of that time"
                );
            Advance(answer.AsOf);
            if (_engine.Assess(_market, 0, answer.AssessedAt) is not { Inputs: { } candles, AsOf: { } asOf } present)
                return Different(ProofCause.Candles, $"no candles of {_market} are stored from {_used.Since} on");
            if (CandleProblem(answer, candles, asOf) is { } problem)
                return Different(ProofCause.Candles, problem);
            _equalUntil = asOf;
            if (answer.Coefficients is { } coefficients && coefficients != present.Forecast?.Coefficients)
                return present.Forecast is { } other
                    ? Different(
                        ProofCause.Coefficients,
                        $"the forecast was made with the coefficients '{coefficients}', now they are "
                            + $"'{other.Coefficients}': name theirs with --coefficients"
                    )
                    : Different(ProofCause.ForecastCandles, OlderCandles(answer));
            if (answer.Inputs.ForecastHash != candles.ForecastHash)
                return Different(ProofCause.ForecastCandles, OlderCandles(answer));
            return Compare(answer);

            Proof Different(ProofCause cause, string explanation) =>
                new(_market, answer.AssessedAt, cause, explanation, null);
        }

        private void Advance(Instant asOf)
        {
            var length = _market.Timeframe.Length;
            if (_equalUntil is null && _differsAt is null && _engine.Markets.Count == 0)
            {
                var first = _next;
                while (_next < _end && _inputs.Base[_next].OpenTime + length <= asOf)
                    _next++;
                if (_next > first)
                    _engine.Apply(MarketEvent.Recovered(_market, History(first, _next)));
                return;
            }
            for (; _next < _end && _inputs.Base[_next].OpenTime + length <= asOf; _next++)
                _engine.Apply(MarketEvent.Closed(_market, _inputs.Base[_next]));
        }

        private MarketHistory History(int from, int to)
        {
            var since = _used.Since;
            return new(
                Last(_inputs.Daily, CandleAggregator.FirstWhole(since, Timeframe.OneDay), _used.Daily),
                Last(_inputs.Hourly, CandleAggregator.FirstWhole(since, Timeframe.OneHour), _used.Hourly),
                [.. _inputs.Base.Skip(from).Take(to - from)]
            )
            {
                ForecastState = EarlierForecasts(),
            };
        }

        private ReadOnlyMemory<byte>? EarlierForecasts()
        {
            if (_used.ForecastSince is not { } earlier || earlier >= _used.Since)
                return null;
            var forecaster = new Forecaster(
                _market.Timeframe,
                _inputs.Coefficients,
                _inputs.Calendar.Dates,
                _market.Pair.Quote
            );
            for (var i = LowerBound(_inputs.Base, earlier); i < _end && _inputs.Base[i].OpenTime < _used.Since; i++)
                forecaster.Apply(_inputs.Base[i]);
            if (!forecaster.HasPast)
                return null;
            return forecaster.Save();
        }

        // Ascending; a candle that opens at the end or later is not used.
        private static List<Candle> Last(IReadOnlyList<Candle> candles, Instant end, int count)
        {
            var to = LowerBound(candles, end);
            return [.. candles.Take(to).Skip(Math.Max(0, to - count))];
        }

        private static int LowerBound(IReadOnlyList<Candle> candles, Instant time) =>
            Trading.CandleFrame.LowerBound(candles, time);

        /// <summary>
        /// Returns how the candles differ from those of the answer; null if they do not.
        /// </summary>
        private string? CandleProblem(ProvenAnswer answer, AssessmentInputs candles, Instant asOf)
        {
            var used = answer.Inputs;
            if (asOf != answer.AsOf)
                return $"the candle of {_market} that closed at {answer.AsOf} is not stored; the last one before it "
                    + $"closed at {asOf}";
            if (candles.Hash == used.Hash)
                return null;
            if (candles.Since != used.Since)
                return $"the candles of {_market} from {used.Since} on were used, the stored ones begin at "
                    + $"{candles.Since}";
            if ((candles.Hourly, candles.Daily) != (used.Hourly, used.Daily))
                return $"{used.Hourly} hourly and {used.Daily} daily candles before {used.Since} were used, "
                    + $"{candles.Hourly} and {candles.Daily} are stored";
            _differsAt ??= asOf;
            var missing =
                candles.Candles == used.Candles
                    ? ""
                    : $" ({used.Candles} were used, {candles.Candles} are " + "stored)";
            return _equalUntil is { } equal && equal < _differsAt
                ? $"a candle of {_market} that opened from {equal} until {_differsAt} is not the one that was used: it "
                    + $"was revised or changed later{missing}"
                : $"one of the candles of {_market} up to {_differsAt} is not the one that was used, or the hash in "
                    + $"the answer was changed{missing}";
        }

        private string OlderCandles(ProvenAnswer answer) =>
            answer.Inputs.ForecastSince is not { } since
                ? "the forecast continued the past of an earlier version, which did not name its candles"
                : $"the forecast used the candles of {_market} from {since} on, and not all of those before "
                    + $"{answer.Inputs.Since} are stored as they were: --fetch gets them from the exchange";

        private Proof Compare(ProvenAnswer answer)
        {
            while (_outside.TryTake(answer.AssessedAt - Lateness, out var known))
                _engine.Apply(known);
            List<FieldDifference>? fewest = null;
            while (true)
            {
                var differences = Differences(answer);
                if (differences.Count == 0)
                    return new(_market, answer.AssessedAt, ProofCause.None, "equal", null);
                if (fewest is null || differences.Count < fewest.Count)
                    fewest = differences;
                if (!_outside.TryTake(answer.AssessedAt + Lateness, out var next))
                {
                    var (cause, explanation) = Explain(fewest);
                    return new(_market, answer.AssessedAt, cause, explanation, fewest[0]);
                }
                _engine.Apply(next);
            }
        }

        private List<FieldDifference> Differences(ProvenAnswer answer)
        {
            var computed = _engine.Assess(_market, 0, answer.AssessedAt);
            if (answer.Side != computed.Side)
                computed = computed.At(answer.AssessedAt, answer.Side);
            var json = JsonSerializer.SerializeToElement(computed, RemoraJson.Options.TypeOf<Assessment>());
            var all = JsonComparison.Of(answer.Json, json);
            return [.. answer.IsPart ? all.Where(one => one.Answered is not null && one.Field != "proof") : all];
        }

        private static (ProofCause, string) Explain(List<FieldDifference> differences)
        {
            if (differences.Find(one => IsOutside(one.Field)) is { } value)
                return (ProofCause.OutsideValue, $"an outside value is not the one that was used: {Words(value)}");
            if (differences.Exists(one => one.Field == "event_flags.flag_scheduled_event"))
                return (
                    ProofCause.Calendar,
                    "the calendar of scheduled events is not the one that was used: name it with --calendar"
                );
            if (differences.Exists(one => one.Field == "event_flags.flag_shock" && one.Answered == "true"))
                return (
                    ProofCause.UnfinishedCandle,
                    "the answer saw a move of an unfinished candle, which is not stored"
                );
            if (differences.TrueForAll(one => one.Field.StartsWith("forecast", StringComparison.Ordinal)))
                return (
                    ProofCause.Answer,
                    $"the forecast differs: {Words(differences[0])}. Its candles are equal: the answer was changed, or "
                        + "the dates of scheduled events were others"
                );
            return (
                ProofCause.Answer,
                $"all inputs are equal and the answer is not: {Words(differences[0])}. It was changed after it was "
                    + "given"
            );
        }

        private static bool IsOutside(string field) =>
            field.StartsWith("external.", StringComparison.Ordinal)
            || (
                field.StartsWith("sources.", StringComparison.Ordinal)
                && !field.StartsWith("sources.candles", StringComparison.Ordinal)
            )
            || field is "fear_greed_index" or "btc_dominance" or "funding_rate" or "vix" or "dxy";

        private static string Words(FieldDifference difference) =>
            $"{difference.Field} is {difference.Answered ?? "missing"} in the answer, computed "
            + (difference.Computed ?? "missing");
    }
}

/// <summary>What is stored of a market.</summary>
public sealed record ProofInputs
{
    /// <summary>The policy with the name in the answers.</summary>
    public required RiskPolicy Policy { get; init; }

    /// <summary>The base candles, ascending, from the first that an answer needs.</summary>
    public required IReadOnlyList<Candle> Base { get; init; }

    /// <summary>The hourly candles, ascending.</summary>
    public IReadOnlyList<Candle> Hourly { get; init; } = [];

    /// <summary>The daily candles, ascending.</summary>
    public IReadOnlyList<Candle> Daily { get; init; } = [];

    /// <summary>The outside values, in the order in which they became known.</summary>
    public IReadOnlyList<Observation> Observations { get; init; } = [];

    /// <summary>The scheduled events.</summary>
    public ReplayCalendar Calendar { get; init; } = ReplayCalendar.Shipped;

    /// <summary>The coefficients of forecasts.</summary>
    public CoefficientVintages Coefficients { get; init; } = CoefficientVintages.Shipped;
}
