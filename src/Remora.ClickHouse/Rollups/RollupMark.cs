using System.Text.Json.Serialization;

namespace Remora.ClickHouse.Rollups;

/// <summary>
/// The comment on every object of a rollup. It identifies the rollup, the interval, the version and
/// the definition.
/// </summary>
internal sealed record RollupMark(string Rollup, string Interval, int Version, string Definition);

/// <summary>An object of a rollup in the database.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Engine">Its engine, for example View.</param>
/// <param name="Mark">Its comment.</param>
/// <param name="Settings">The settings that a definition can set, as far as it has them.</param>
internal sealed record MarkedObject(
    SqlName Name,
    string Engine,
    RollupMark Mark,
    IReadOnlyList<RollupSetting> Settings
);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(RollupMark))]
internal sealed partial class RollupMarkJson : JsonSerializerContext;
