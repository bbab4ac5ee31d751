using System.Text.Json;
using System.Text.Json.Serialization;
using Remora.Backtest.Decisions;
using Remora.Backtest.Lab;
using Remora.Bots.Webhooks;
using Remora.ClickHouse.Embedded;
using Remora.Feeds;
using Remora.Feeds.Exchanges;
using Remora.Feeds.News;
using Remora.Markets;
using Remora.Notify;
using Remora.Portfolios;
using Remora.Risk;
using Remora.Server.Access;
using Remora.Server.Api;
using Remora.Server.Api.Decisions;
using Remora.Server.Api.Portfolios;
using Remora.Server.Api.TrackRecord;
using Remora.Server.Portfolios;
using Remora.Server.Settings;
using Remora.Store;
using Remora.Supervision;

namespace Remora.Server;

/// <summary>
/// The types that the service writes or reads as JSON, and those that its OpenAPI document
/// describes.
/// </summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(AcceptedLevel))]
[JsonSerializable(typeof(AskedPairList))]
[JsonSerializable(typeof(ApiProblem))]
[JsonSerializable(typeof(Assessment))]
[JsonSerializable(typeof(AssessmentPage))]
[JsonSerializable(typeof(CandlePage))]
[JsonSerializable(typeof(CorrelationList))]
[JsonSerializable(typeof(DecisionAnswer))]
[JsonSerializable(typeof(DecisionReceipt))]
[JsonSerializable(typeof(DecisionReports))]
[JsonSerializable(typeof(Dictionary<string, Instant>))]
[JsonSerializable(typeof(DroppedPair))]
[JsonSerializable(typeof(FollowedBookList))]
[JsonSerializable(typeof(ForecastAnswer))]
[JsonSerializable(typeof(FreqtradePairList))]
[JsonSerializable(typeof(HistoryPage))]
[JsonSerializable(typeof(IReadOnlyList<ApiKey>))]
[JsonSerializable(typeof(LabSaved))]
[JsonSerializable(typeof(LabTrial))]
[JsonSerializable(typeof(List<UnknownPair>))]
[JsonSerializable(typeof(NewsReport))]
[JsonSerializable(typeof(PairList))]
[JsonSerializable(typeof(PolicyList))]
[JsonSerializable(typeof(PortfolioAnswer))]
[JsonSerializable(typeof(PortfolioRequest))]
[JsonSerializable(typeof(RegimeAnswer))]
[JsonSerializable(typeof(ReloadReport))]
[JsonSerializable(typeof(RiskBatch))]
[JsonSerializable(typeof(Scorecard))]
[JsonSerializable(typeof(BookScorecardList))]
[JsonSerializable(typeof(ServiceStatus))]
[JsonSerializable(typeof(SourceList))]
[JsonSerializable(typeof(StoreHealth))]
[JsonSerializable(typeof(StoreStatus))]
[JsonSerializable(typeof(TrafficPage))]
[JsonSerializable(typeof(VolatilityAnswer))]
[JsonSerializable(typeof(WebhookEvent))]
[JsonSerializable(typeof(WholeMarketAssessment))]
internal sealed partial class ServerJson : JsonSerializerContext
{
    public static ServerJson Shared { get; } = new(NewOptions());

    /// <summary>For files that people read.</summary>
    public static ServerJson Indented { get; } = new(new(NewOptions()) { WriteIndented = true });

    /// <summary>Omits members without a value.</summary>
    public static ServerJson WithoutNulls { get; } =
        new(new(NewOptions()) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull });

    /// <summary>Applies the format and these types to existing options.</summary>
    public static void Apply(JsonSerializerOptions options)
    {
        RemoraJson.Apply(options, Enums);
        options.TypeInfoResolver = Shared;
    }

    private static IEnumerable<JsonConverter> Enums =>
        [
            RemoraJson.EnumNames<BookKind>(),
            RemoraJson.EnumNames<EngineState>(),
            RemoraJson.EnumNames<EntryState>(),
            RemoraJson.EnumNames<EntryVerdict>(),
            RemoraJson.EnumNames<ExchangeErrorKind>(),
            RemoraJson.EnumNames<FeedState>(),
            RemoraJson.EnumNames<NotifierState>(),
            RemoraJson.EnumNames<SupervisedState>(),
            RemoraJson.EnumNames<UnknownReason>(),
        ];

    private static JsonSerializerOptions NewOptions() => RemoraJson.NewOptions(Enums);
}
