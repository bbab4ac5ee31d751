using System.Text.Json;
using Remora.Markets;
using Remora.Risk;

namespace Remora.Backtest.Proofs;

/// <summary>A past assessment with what is needed to compute it again.</summary>
public sealed record ProvenAnswer
{
    private const string TurnedOff = "turned_off";

    private ProvenAnswer() { }

    /// <summary>The whole answer, or the part of it that an event of a webhook has.</summary>
    public required JsonElement Json { get; init; }

    /// <summary>Whether only the fields of <see cref="Json"/> are compared.</summary>
    public bool IsPart { get; private init; }

    /// <summary>The market.</summary>
    public required MarketId Market { get; init; }

    /// <summary>The name of the policy.</summary>
    public required string Policy { get; init; }

    /// <summary>The id of the policy.</summary>
    public required string PolicyId { get; init; }

    /// <summary>The side.</summary>
    public required Side Side { get; init; }

    /// <summary>Close of the last candle used.</summary>
    public required Instant AsOf { get; init; }

    /// <summary>The moment of the assessment.</summary>
    public required Instant AssessedAt { get; init; }

    /// <summary>The candles from which it was computed.</summary>
    public required AssessmentInputs Inputs { get; init; }

    /// <summary>The signals with a source at the time.</summary>
    public required IReadOnlyList<Signal> Signals { get; init; }

    /// <summary>The name of the coefficients of its forecast; null without one.</summary>
    public required string? Coefficients { get; init; }

    /// <summary>Whether forecasts were turned off.</summary>
    public required bool HasNoForecasts { get; init; }

    /// <summary>The open time of the first candle that is needed.</summary>
    public Instant First => Inputs.ForecastSince is { } forecast && forecast < Inputs.Since ? forecast : Inputs.Since;

    /// <summary>
    /// Reads answers: one assessment, a list of them, the answer for several pairs, or the event of
    /// a webhook, which has the verdicts before and after a change.
    /// </summary>
    /// <exception cref="BacktestException">It is something else, or an answer of a version that did
    /// not name its inputs; the message states what is missing.</exception>
    public static IReadOnlyList<ProvenAnswer> Parse(ReadOnlySpan<byte> json)
    {
        try
        {
            var root = JsonElement.Parse(json);
            if (root.ValueKind == JsonValueKind.Object && root.TryGetProperty("assessments", out var several))
                root = several;
            if (root.ValueKind == JsonValueKind.Object && root.TryGetProperty("event", out _))
                return OfEvent(root);
            return root.ValueKind == JsonValueKind.Array ? [.. root.EnumerateArray().Select(Of)] : [Of(root)];
        }
        catch (JsonException e)
        {
            throw new BacktestException($"not valid JSON (line {e.LineNumber + 1})", e);
        }
    }

    private static IReadOnlyList<ProvenAnswer> OfEvent(JsonElement json)
    {
        try
        {
            var both = new[] { json.GetProperty("before"), json.GetProperty("after") };
            return
            [
                .. both.Where(state => state.ValueKind == JsonValueKind.Object)
                    .Select(state => OfState(state, Text(json, "pair"), Text(json, "side"))),
            ];
        }
        catch (Exception e) when (IsMissing(e))
        {
            throw new BacktestException($"not the whole event of a webhook: {e.Message}", e);
        }
    }

    private static ProvenAnswer OfState(JsonElement state, string pair, string side)
    {
        if (!state.TryGetProperty("proof", out var proof) || proof.ValueKind != JsonValueKind.Object)
            throw new BacktestException(
                "the event does not say what it was computed from: it is a test, or of a version before 'proof'"
            );
        var inputs = proof.GetProperty("inputs");
        if (inputs.ValueKind == JsonValueKind.Null)
            throw new BacktestException("the event is of before the first candle: there is nothing to prove");
        return new()
        {
            Json = state,
            IsPart = true,
            Market = MarketOf(proof, pair),
            Policy = Text(proof, "policy"),
            PolicyId = Text(proof, "policy_id"),
            Side = SideOf(side),
            AsOf = Time(state, "as_of"),
            AssessedAt = Time(proof, "assessed_at"),
            Inputs = InputsOf(inputs),
            Signals =
            [
                .. Enum.GetValues<Signal>()
                    .IntersectBy(
                        proof.GetProperty("signals").EnumerateArray().Select(signal => signal.GetString()),
                        RemoraJson.NameOf
                    ),
            ],
            Coefficients = proof.GetProperty("coefficients").GetString(),
            HasNoForecasts = proof.GetProperty("no_forecast").GetString() == TurnedOff,
        };
    }

    private static ProvenAnswer Of(JsonElement json)
    {
        try
        {
            if (json.ValueKind != JsonValueKind.Object || !json.TryGetProperty("risk_breakdown", out _))
                throw new BacktestException("not the assessment of a pair: expected an answer of /api/v1/risk?pair=");
            if (!json.TryGetProperty("inputs", out var inputs))
                throw new BacktestException(
                    "the answer does not name its inputs: it is of a version before 'inputs', and cannot be proven"
                );
            if (inputs.ValueKind == JsonValueKind.Null)
                throw new BacktestException("the answer was given before the first candle: there is nothing to prove");
            var isForecast = json.GetProperty("forecast") is { ValueKind: JsonValueKind.Object } forecast;
            return new()
            {
                Json = json,
                Market = MarketOf(json, Text(json, "pair")),
                Policy = Text(json, "policy"),
                PolicyId = Text(json, "policy_id"),
                Side = SideOf(Text(json, "side")),
                AsOf = Time(json, "as_of"),
                AssessedAt = Time(json, "assessed_at"),
                Inputs = InputsOf(inputs),
                Signals =
                [
                    .. Enum.GetValues<Signal>()
                        .Where(signal => json.GetProperty("sources").TryGetProperty(RemoraJson.NameOf(signal), out _)),
                ],
                Coefficients = isForecast ? json.GetProperty("forecast").GetProperty("coefficients").GetString() : null,
                HasNoForecasts = !isForecast && json.GetProperty("no_forecast").GetString() == TurnedOff,
            };
        }
        catch (Exception e) when (IsMissing(e))
        {
            throw new BacktestException($"not the whole assessment of a pair: {e.Message}", e);
        }
    }

    private static bool IsMissing(Exception e) =>
        e is KeyNotFoundException or InvalidOperationException or FormatException;

    private static MarketId MarketOf(JsonElement owner, string pair) =>
        new(Text(owner, "exchange"), Pair.Parse(pair), Timeframe.Parse(Text(owner, "timeframe")));

    private static Side SideOf(string name) => name == RemoraJson.NameOf(Side.Short) ? Side.Short : Side.Long;

    private static AssessmentInputs InputsOf(JsonElement inputs) =>
        new(
            inputs.GetProperty("engine").GetInt32(),
            Time(inputs, "since"),
            inputs.GetProperty("candles").GetInt32(),
            inputs.GetProperty("hourly").GetInt32(),
            inputs.GetProperty("daily").GetInt32(),
            Text(inputs, "hash"),
            inputs.GetProperty("forecast_since").ValueKind == JsonValueKind.Null
                ? null
                : Time(inputs, "forecast_since"),
            inputs.GetProperty("forecast_hash").GetString()
        );

    private static string Text(JsonElement owner, string name) =>
        owner.GetProperty(name).GetString() ?? throw new FormatException($"'{name}' is null");

    private static Instant Time(JsonElement owner, string name) =>
        Instant.TryParse(Text(owner, name), out var time) ? time : throw new FormatException($"'{name}' is not a time");
}
