using System.Text.Json;

namespace Remora.Risk;

/// <summary>
/// Reads policies from JSON and writes them: snake_case fields. A missing field has its default. An
/// unknown or out-of-range field is an error that names the field.
/// </summary>
public static class PolicyFile
{
    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>Reads a policy.</summary>
    /// <exception cref="PolicyException">The text is not a policy; the message names the field and
    /// what is allowed.</exception>
    public static RiskPolicy Parse(ReadOnlySpan<byte> json)
    {
        if (json.StartsWith(ByteOrderMark))
            json = json[ByteOrderMark.Length..];
        PolicySyntax.Check(json);
        var policy = JsonDefaults.Read(json, new RiskPolicy(), RemoraJson.Options)!;
        PolicyChecks.Check(policy);
        return policy;
    }

    /// <summary>Writes the whole policy as JSON, with every field.</summary>
    public static byte[] Write(RiskPolicy policy) =>
        JsonSerializer.SerializeToUtf8Bytes(policy, EngineJson.Shared.RiskPolicy);

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
            policy.Decision
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
    DecisionRules Decision
);

/// <summary>A policy is invalid; the message names the field and what is allowed.</summary>
public sealed class PolicyException(string message, Exception? inner = null) : Exception(message, inner);
