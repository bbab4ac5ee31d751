using System.Text.Json.Serialization;

namespace Remora.ClickHouse.Rollups;

/// <summary>The comment on everything a rollup consists of: whose it is, and which version.</summary>
internal sealed record RollupMark(string Rollup, string Interval, int Version, string Definition);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(RollupMark))]
internal sealed partial class RollupMarkJson : JsonSerializerContext;
