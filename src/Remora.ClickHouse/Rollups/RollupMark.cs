using System.Text.Json.Serialization;

namespace Remora.ClickHouse.Rollups;

/// <summary>
/// The comment on every object of a rollup. It identifies the rollup, the interval, the version and
/// the definition.
/// </summary>
internal sealed record RollupMark(string Rollup, string Interval, int Version, string Definition);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(RollupMark))]
internal sealed partial class RollupMarkJson : JsonSerializerContext;
