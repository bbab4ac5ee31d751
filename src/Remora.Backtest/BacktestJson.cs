using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Remora.Backtest.Data;
using Remora.Backtest.Lab;
using Remora.Backtest.Report;
using Remora.Backtest.Study;

namespace Remora.Backtest;

/// <summary>The types of backtests and studies that are written or read as JSON.</summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(LabLedgerFile))]
[JsonSerializable(typeof(StudyFile))]
[JsonSerializable(typeof(StudyFigures))]
[JsonSerializable(typeof(ReportData))]
internal sealed partial class BacktestJson : JsonSerializerContext
{
    public static BacktestJson Shared { get; } = new(NewOptions());

    /// <summary>Writes numbers with six digits, which the report draws and prints.</summary>
    public static BacktestJson Short { get; } = new(NewShortOptions());

    private static JsonSerializerOptions NewOptions() =>
        RemoraJson.NewOptions(RemoraJson.EnumNames<GateRole>(), RemoraJson.EnumNames<OutsideKind>());

    private static JsonSerializerOptions NewShortOptions()
    {
        var options = NewOptions();
        options.Converters.Insert(0, new ShortNumberConverter());
        return options;
    }

    private sealed class ShortNumberConverter : JsonConverter<double>
    {
        public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            throw new NotSupportedException("these options only write");

        public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options)
        {
            if (double.IsFinite(value))
                writer.WriteRawValue(value.ToString("G6", CultureInfo.InvariantCulture));
            else
                writer.WriteNullValue();
        }
    }
}
