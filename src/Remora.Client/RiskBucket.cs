using System.Text.Json;
using System.Text.Json.Serialization;

namespace Remora.Client;

/// <summary>A bucket of a market's assessment history. Unknown values are null.</summary>
public sealed record RiskBucket
{
    /// <summary>The start of the bucket.</summary>
    [JsonRequired]
    public DateTimeOffset Time { get; init; }

    /// <summary>The number of assessments.</summary>
    public long Assessments { get; init; }

    /// <summary>The number of assessments that block entries.</summary>
    public long Blocked { get; init; }

    /// <summary>The share of assessments that allow entries, [0, 1].</summary>
    public double? SafeShare { get; init; }

    /// <summary>Mean score, [0, 1].</summary>
    public double? RiskMean { get; init; }

    /// <summary>The highest score.</summary>
    public double? RiskMax { get; init; }

    /// <summary>The last score.</summary>
    public double? RiskLast { get; init; }

    /// <summary>Mean volatility score, [0, 1].</summary>
    public double? VolatilityMean { get; init; }

    /// <summary>The last regime.</summary>
    public string? RegimeLast { get; init; }

    /// <summary>The last close.</summary>
    public double? CloseLast { get; init; }

    /// <summary>All other fields of the row.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? More { get; set; } // generated code cannot initialize it
}

/// <summary>A page of buckets.</summary>
/// <param name="Rows">The buckets, oldest first.</param>
/// <param name="Next">The start of the next page; null after the last.</param>
internal sealed record RiskPage([property: JsonRequired] IReadOnlyList<RiskBucket> Rows, DateTimeOffset? Next);
