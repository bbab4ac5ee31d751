using System.Text.Json.Serialization;

namespace Remora.Client;

/// <summary>The answers that the client reads.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    GenerationMode = JsonSourceGenerationMode.Metadata
)]
[JsonSerializable(typeof(ForecastAnswer))]
[JsonSerializable(typeof(Risk))]
[JsonSerializable(typeof(RiskPage))]
internal sealed partial class ClientJson : JsonSerializerContext;
