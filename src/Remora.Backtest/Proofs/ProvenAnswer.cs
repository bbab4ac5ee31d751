using System.Text.Json;
using Remora.Markets;
using Remora.Risk;

namespace Remora.Backtest.Proofs;

/// <summary>A past assessment with what is needed to compute it again.</summary>
public sealed record ProvenAnswer
{
    private ProvenAnswer() { }

    /// <summary>The whole answer.</summary>
    public required JsonElement Json { get; init; }

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
    /// Reads answers: one assessment, a list of them, or the answer for several pairs.
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
            return root.ValueKind == JsonValueKind.Array ? [.. root.EnumerateArray().Select(Of)] : [Of(root)];
        }
        catch (JsonException e)
        {
            throw new BacktestException($"not valid JSON (line {e.LineNumber + 1})", e);
        }
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
                Market = new(
                    Text(json, "exchange"),
                    Pair.Parse(Text(json, "pair")),
                    Timeframe.Parse(Text(json, "timeframe"))
                ),
                Policy = Text(json, "policy"),
                PolicyId = Text(json, "policy_id"),
                Side = Text(json, "side") == RemoraJson.NameOf(Side.Short) ? Side.Short : Side.Long,
                AsOf = Time(json, "as_of"),
                AssessedAt = Time(json, "assessed_at"),
                Inputs = new(
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
                ),
                Signals =
                [
                    .. Enum.GetValues<Signal>()
                        .Where(signal => json.GetProperty("sources").TryGetProperty(RemoraJson.NameOf(signal), out _)),
                ],
                Coefficients = isForecast ? json.GetProperty("forecast").GetProperty("coefficients").GetString() : null,
                HasNoForecasts = !isForecast && json.GetProperty("no_forecast").GetString() == "turned_off",
            };
        }
        catch (Exception e) when (e is KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new BacktestException($"not the whole assessment of a pair: {e.Message}", e);
        }
    }

    private static string Text(JsonElement owner, string name) =>
        owner.GetProperty(name).GetString() ?? throw new FormatException($"'{name}' is null");

    private static Instant Time(JsonElement owner, string name) =>
        Instant.TryParse(Text(owner, name), out var time) ? time : throw new FormatException($"'{name}' is not a time");
}
