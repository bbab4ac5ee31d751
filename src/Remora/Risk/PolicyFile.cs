using System.Text.Json;
using System.Text.Json.Serialization;
using Remora.Forecasts;

namespace Remora.Risk;

/// <summary>
/// Reads policies from JSON and writes them: snake_case fields. A missing field has its default. An
/// unknown or out-of-range field is an error that names the field.
/// </summary>
public static class PolicyFile
{
    private static readonly string ForecastPercentile = RemoraJson.NameOf(ScoreKind.ForecastPercentile);

    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>Reads a policy.</summary>
    /// <exception cref="PolicyException">The text is not a policy; the message names the field and
    /// what is allowed.</exception>
    public static RiskPolicy Parse(ReadOnlySpan<byte> json)
    {
        if (json.StartsWith(ByteOrderMark))
            json = json[ByteOrderMark.Length..];
        PolicySyntax.Check(json);
        var policy = JsonDefaults.Read(json, DefaultsFor(json), RemoraJson.Options)!;
        PolicyChecks.Check(policy);
        return policy;
    }

    /// <summary>Writes the whole policy as JSON, with every field.</summary>
    public static byte[] Write(RiskPolicy policy) =>
        JsonSerializer.SerializeToUtf8Bytes(policy, EngineJson.Shared.RiskPolicy);

    /// <summary>Returns the policy whose fields a text has where it has none.</summary>
    private static RiskPolicy DefaultsFor(ReadOnlySpan<byte> json)
    {
        var root = JsonElement.Parse(json);
        string? TextOf(string field) => root.TryGetProperty(field, out var value) ? value.GetString() : null;
        var (model, score) = (TextOf("model"), TextOf("score"));
        var isFromForecast = (score ?? model) == (score is null ? BuiltInPolicies.Forecast.Model : ForecastPercentile);
        var defaults = isFromForecast ? BuiltInPolicies.Forecast : RiskPolicy.Default;
        return model is null || model == defaults.Model
            ? defaults
            : throw new PolicyException($"model: must be '{defaults.Model}' with score '{score}', not '{model}'");
    }

    internal static string Hash(RiskPolicy policy)
    {
        var content = new PolicyContent(
            policy.Weights,
            policy.RegimeRisk,
            policy.MirroredRegime,
            policy.Regime,
            policy.External,
            policy.Flags,
            policy.Classes,
            policy.Decision,
            policy.IsFromForecast ? new(policy.Score, policy.Horizon, policy.TargetVolatility, policy.BlockFrom) : null
        );
        return Convert.ToHexStringLower(
            Sha256.Hash(JsonSerializer.SerializeToUtf8Bytes(content, EngineJson.Shared.PolicyContent))
        )[..12];
    }
}

/// <summary>
/// What the id of a policy is computed from: its rules, in this order, without names.
/// </summary>
internal sealed record PolicyContent(
    ScoreWeights Weights,
    RegimeRisk RegimeRisk,
    MirroredRegime MirroredRegime,
    RegimeRules Regime,
    ExternalRules External,
    FlagRules Flags,
    RiskClassBounds Classes,
    DecisionRules Decision,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ForecastContent? Forecast
);

/// <summary>The rules of a policy that uses the forecast.</summary>
internal sealed record ForecastContent(
    ScoreKind Score,
    Horizon? Horizon,
    TargetVolatility? TargetVolatility,
    double? BlockFrom
);

/// <summary>A policy is invalid; the message names the field and what is allowed.</summary>
public sealed class PolicyException(string message, Exception? inner = null) : Exception(message, inner);
