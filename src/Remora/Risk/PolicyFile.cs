using System.Security.Cryptography;
using System.Text.Json;
using Remora.Markets;
using Remora.Regimes;

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
        if (json.StartsWith(ByteOrderMark)) json = json[ByteOrderMark.Length..];
        RiskPolicy policy;
        try
        {
            policy = JsonDefaults.Read(json, new RiskPolicy(), RemoraJson.Options) ?? throw new PolicyException("a policy is a JSON object, not null");
        }
        catch (JsonException e)
        {
            throw new PolicyException($"{Field(e.Path)}{Short(e)} (line {e.LineNumber + 1}, column {e.BytePositionInLine + 1})", e);
        }
        PolicyChecks.Check(policy);
        return policy;
    }

    /// <summary>Writes the whole policy as JSON, with every field.</summary>
    public static byte[] Write(RiskPolicy policy) => JsonSerializer.SerializeToUtf8Bytes(policy, EngineJson.Shared.RiskPolicy);

    internal static string Hash(RiskPolicy policy)
    {
        var content = new PolicyContent(
            policy.Weights, policy.RegimeRisk, policy.MirroredRegime, policy.Regime, policy.External, policy.Flags, policy.Classes, policy.Decision);
        return Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(content, EngineJson.Shared.PolicyContent)))[..12];
    }

    private static string Field(string? path) => path is null or "$" ? "" : path.Replace("$.", "", StringComparison.Ordinal) + ": ";

    /// <summary>Returns the serializer's message without types and paths.</summary>
    private static string Short(JsonException problem)
    {
        var message = problem.Message;
        if (message.Contains("could not be mapped", StringComparison.Ordinal)) return "there is no such field";
        if (JsonDefaults.ExpectedAt<RiskPolicy>(problem, RemoraJson.Options) is { } expected) return "must be " + (ListAt(problem.Path!) ?? expected);
        var end = message.IndexOf(" Path:", StringComparison.Ordinal);
        return end < 0 ? message : message[..end];
    }

    private static string? ListAt(string path) => path.Split('[')[0] switch
    {
        "$.decision.blocking_flags" => "a list of flags out of " + Names<RiskFlag>(),
        "$.decision.blocking_regimes" => "a list of regimes out of " + Names<Regime>(),
        "$.decision.block_without" => "a list of signals out of " + Names<Signal>(),
        _ => null,
    };

    private static string Names<T>() where T : struct, Enum => string.Join(", ", Enum.GetValues<T>().Select(v => RemoraJson.NameOf(v)));
}

/// <summary>
/// What the id of a policy is computed from: its rules, in this order, without names.
/// </summary>
internal sealed record PolicyContent(
    ScoreWeights Weights, RegimeRisk RegimeRisk, MirroredRegime MirroredRegime, RegimeRules Regime, ExternalRules External, FlagRules Flags,
    RiskClassBounds Classes, DecisionRules Decision);

/// <summary>A policy is invalid; the message names the field and what is allowed.</summary>
public sealed class PolicyException(string message, Exception? inner = null) : Exception(message, inner);
