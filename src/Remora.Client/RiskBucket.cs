using System.Text.Json;
using System.Text.Json.Serialization;

namespace Remora.Client;

/// <summary>A span of a market's past, rolled up. What is not known is null.</summary>
public sealed record RiskBucket
{
    /// <summary>When it begins.</summary>
    [JsonRequired]
    public DateTimeOffset Time { get; init; }

    /// <summary>How many assessments it holds.</summary>
    public long Assessments { get; init; }

    /// <summary>How many of them blocked.</summary>
    public long Blocked { get; init; }

    /// <summary>The share that did not, [0, 1].</summary>
    public double? SafeShare { get; init; }

    /// <summary>Mean score, [0, 1].</summary>
    public double? RiskMean { get; init; }

    /// <summary>Highest score.</summary>
    public double? RiskMax { get; init; }

    /// <summary>The last score.</summary>
    public double? RiskLast { get; init; }

    /// <summary>Mean volatility score, [0, 1].</summary>
    public double? VolatilityMean { get; init; }

    /// <summary>The last regime.</summary>
    public string? RegimeLast { get; init; }

    /// <summary>The last close.</summary>
    public double? CloseLast { get; init; }

    /// <summary>Everything else the service keeps of it.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? More { get; init; }
}

/// <summary>A page of buckets.</summary>
/// <param name="Rows">Oldest first.</param>
/// <param name="Next">Where the next page begins; null after the last.</param>
internal sealed record RiskPage([property: JsonRequired] IReadOnlyList<RiskBucket> Rows, DateTimeOffset? Next);
