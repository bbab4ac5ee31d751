using System.Text.Json.Serialization;
using Remora.Risk;

namespace Remora;

/// <summary>
/// The types of the engine that are written or read as JSON. The compiler generates their
/// (de)serializers, because a native executable has no reflection.
/// </summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(Assessment))]
[JsonSerializable(typeof(WholeMarketAssessment))]
[JsonSerializable(typeof(RiskPolicy))]
[JsonSerializable(typeof(PolicyContent))]
internal sealed partial class EngineJson : JsonSerializerContext
{
    public static EngineJson Shared { get; } = new(RemoraJson.NewOptions());
}
