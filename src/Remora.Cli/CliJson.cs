using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Logging;
using Remora.Backtest;
using Remora.Backtest.Figures;
using Remora.Backtest.Forecasts;
using Remora.Backtest.Judgement;
using Remora.Backtest.Lab;
using Remora.Backtest.Portfolios;
using Remora.Backtest.Proofs;
using Remora.Feeds.History;
using Remora.Feeds.Http;
using Remora.Server.Settings;
using Remora.Store;

namespace Remora.Cli;

/// <summary>The types that commands print as JSON.</summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(ForecastEvaluation))]
[JsonSerializable(typeof(GateEffect))]
[JsonSerializable(typeof(HistoryReport))]
[JsonSerializable(typeof(IReadOnlyList<Judgement>))]
[JsonSerializable(typeof(IReadOnlyList<Proof>))]
[JsonSerializable(typeof(JsonObject))]
[JsonSerializable(typeof(LabSaved))]
[JsonSerializable(typeof(LabTrial))]
[JsonSerializable(typeof(Performance))]
[JsonSerializable(typeof(PortfolioEvaluation))]
[JsonSerializable(typeof(ServiceSettings))]
[JsonSerializable(typeof(StoreStatus))]
internal sealed partial class CliJson : JsonSerializerContext
{
    public static CliJson Shared { get; } =
        new(
            RemoraJson.NewOptions(
                RemoraJson.EnumNames<DollarSource>(),
                RemoraJson.EnumNames<HistoryState>(),
                RemoraJson.EnumNames<LogLevel>(),
                RemoraJson.EnumNames<ProofCause>(),
                RemoraJson.EnumNames<UntrackedRule>()
            )
        );

    /// <summary>For files that people read.</summary>
    public static CliJson Indented { get; } =
        new(new(Shared.Options) { WriteIndented = true, TypeInfoResolver = null });
}
