using System.Text.Json.Serialization;

namespace Remora.Client;

/// <summary>The answers that the client reads.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    GenerationMode = JsonSourceGenerationMode.Metadata
)]
[JsonSerializable(typeof(CorrelationMatrix))]
[JsonSerializable(typeof(DecisionLedger))]
[JsonSerializable(typeof(DecisionReceipt))]
[JsonSerializable(typeof(DecisionReports))]
[JsonSerializable(typeof(ForecastAnswer))]
[JsonSerializable(typeof(PortfolioQuestion))]
[JsonSerializable(typeof(PortfolioRisk))]
[JsonSerializable(typeof(Risk))]
[JsonSerializable(typeof(RiskPage))]
[JsonSerializable(typeof(Scorecard))]
[JsonSerializable(typeof(BookScorecards))]
internal sealed partial class ClientJson : JsonSerializerContext;
