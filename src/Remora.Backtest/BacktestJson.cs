using System.Text.Json.Serialization;
using Remora.Backtest.Data;
using Remora.Backtest.Report;
using Remora.Backtest.Study;

namespace Remora.Backtest;

/// <summary>The types of backtests and studies that are written or read as JSON.</summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(StudyFile))]
[JsonSerializable(typeof(StudyFigures))]
[JsonSerializable(typeof(ReportData))]
internal sealed partial class BacktestJson : JsonSerializerContext
{
    public static BacktestJson Shared { get; } =
        new(RemoraJson.NewOptions(RemoraJson.EnumNames<GateRole>(), RemoraJson.EnumNames<OutsideKind>()));
}
