using Remora.Forecasts;
using Remora.Risk;

namespace Remora.Columns;

/// <summary>
/// The columns of an assessment, in the order of files and of returned rows. A new column of files
/// is one line here; one of the table also needs a step of the store's schema.
/// </summary>
public static class AssessmentColumns
{
    private const ColumnUse File = ColumnUse.File;
    private const ColumnUse Table = ColumnUse.Table;
    private const ColumnUse Everywhere = ColumnUse.File | ColumnUse.Table | ColumnUse.Row;

    private static readonly RiskFlag[] Flags = Enum.GetValues<RiskFlag>();

    /// <summary>All columns.</summary>
    public static IReadOnlyList<Column<Assessment>> All { get; } =
    [
        Text("exchange", Table, a => a.Exchange),
        Text("pair", Table, a => a.Pair.ToString()),
        Text("timeframe", Table, a => a.Timeframe.Name),
        Column.Time<Assessment>("time", Table | ColumnUse.Row, a => a.AssessedAt) with
        {
            TableName = "assessed_at",
        },
        // The open time of the candle, as in data frames of candles. Files have a row per candle.
        Column.Time<Assessment>("date", File, a => a.AsOf - a.Timeframe.Length),
        Column.Time<Assessment>("as_of", Everywhere, a => a.AsOf) with
        {
            IsOptionalInTable = true,
        },
        Number("close", Everywhere, a => a.GetReadings().Close),
        Boolean("safe_to_trade", Everywhere, a => a.SafeToTrade) with
        {
            DependsOnSide = true,
        },
        Text("recommendation", Everywhere, a => RemoraJson.NameOf(a.Recommendation)) with
        {
            DependsOnSide = true,
        },
        Number("risk_score", Everywhere, a => a.RiskScore) with
        {
            DependsOnSide = true,
        },
        Name("risk_class", Everywhere, a => a.RiskClass) with
        {
            DependsOnSide = true,
        },
        Number("risk_confidence", Everywhere, a => a.RiskConfidence),
        Number("position_scale", Everywhere, a => a.PositionScale) with
        {
            DependsOnSide = true,
        },
        List("blocked_by", Everywhere, a => a.BlockedBy) with
        {
            DependsOnSide = true,
        },
        Name("regime", Everywhere, a => a.Regime),
        Column.Time<Assessment>("regime_since", File, a => a.RegimeSince) with
        {
            IsOptional = true,
        },
        Number("volatility", Everywhere, a => a.Volatility),
        Name("volatility_classification", File, a => a.VolatilityClassification),
        Name("trend_classification", File, a => a.TrendClassification),
        Name("momentum_classification", File, a => a.MomentumClassification),
        Part("volatility", a => a.RiskBreakdown.Volatility),
        Part("regime", a => a.RiskBreakdown.Regime) with
        {
            DependsOnSide = true,
        },
        Part("trend_strength", a => a.RiskBreakdown.TrendStrength) with
        {
            DependsOnSide = true,
        },
        Part("momentum", a => a.RiskBreakdown.Momentum) with
        {
            DependsOnSide = true,
        },
        Part("external", a => a.RiskBreakdown.External),
        List("flags", Everywhere, a => Raised(a.EventFlags)),
        Number("atr_ratio", File, a => a.GetReadings().AtrRatio),
        Number("rsi", File, a => a.GetReadings().Rsi),
        Number("adx", File, a => a.GetReadings().Trend.Adx),
        Number("day_return", File, a => a.GetReadings().DayReturn),
        Number("day_drawdown", File, a => a.GetReadings().DayDrawdown),
        Column.Integer<Assessment>("gaps", File, a => a.GetReadings().Gaps),
        Text("policy", File | Table, a => a.Policy),
        Text("policy_id", Everywhere, a => a.PolicyId),
        Text("model", Everywhere, a => a.Model),
        Text("state", Everywhere, a => RemoraJson.NameOf(a.State)) with
        {
            IsOptionalInTable = true,
        },
        Boolean("stale", Table, a => a.Stale),
        Forecast("forecast_volatility_1h", Horizon.OneHour, forecast => forecast.Volatility),
        Forecast("forecast_volatility_4h", Horizon.FourHours, forecast => forecast.Volatility),
        Forecast("forecast_volatility_24h", Horizon.OneDay, forecast => forecast.Volatility),
        Variance("forecast_variance_1h", Horizon.OneHour),
        Variance("forecast_variance_4h", Horizon.FourHours),
        Variance("forecast_variance_24h", Horizon.OneDay),
        Forecast("forecast_percentile_1h", Horizon.OneHour, forecast => forecast.Percentile),
        Forecast("forecast_percentile_4h", Horizon.FourHours, forecast => forecast.Percentile),
        Forecast("forecast_percentile_24h", Horizon.OneDay, forecast => forecast.Percentile),
        Number("forecast_confidence", Everywhere, a => a.Forecast?.Confidence ?? double.NaN),
        Column.Text<Assessment>("forecast_coefficients", Everywhere, a => a.Forecast?.Coefficients) with
        {
            IsOptional = true,
        },
    ];

    /// <summary>The columns of history files, in order.</summary>
    public static IReadOnlyList<Column<Assessment>> Files { get; } = With(ColumnUse.File);

    /// <summary>The columns of the store's table.</summary>
    public static IReadOnlyList<Column<Assessment>> Tables { get; } = With(ColumnUse.Table);

    /// <summary>The columns of the rows that the store returns, in order.</summary>
    public static IReadOnlyList<Column<Assessment>> Rows { get; } = With(ColumnUse.Row);

    private static Column<Assessment>[] With(ColumnUse use) => [.. All.Where(column => column.Use.HasFlag(use))];

    private static Column<Assessment> Number(string name, ColumnUse use, Func<Assessment, double> value) =>
        Column.Number(name, use, value) with
        {
            IsOptional = true,
        };

    private static Column<Assessment> Part(string name, Func<Assessment, double> value) =>
        Number("risk_" + name, File | Table, value) with
        {
            TableName = "part_" + name,
        };

    private static Column<Assessment> Forecast(string name, Horizon horizon, Func<HorizonForecast, double> value) =>
        Number(name, Everywhere, a => a.Forecast is { } forecast ? value(forecast[horizon]) : double.NaN);

    // What the track record is graded with
    private static Column<Assessment> Variance(string name, Horizon horizon) =>
        Number(name, Table, a => a.Forecast?[horizon].GetExpectedVariance() ?? double.NaN);

    private static Column<Assessment> Text(string name, ColumnUse use, Func<Assessment, string> value) =>
        Column.Text(name, use, value);

    private static Column<Assessment> Name<T>(string name, ColumnUse use, Func<Assessment, T?> value)
        where T : struct, Enum =>
        Column.Text<Assessment>(name, use, a => value(a) is { } known ? RemoraJson.NameOf(known) : null) with
        {
            IsOptional = true,
        };

    private static Column<Assessment> Boolean(string name, ColumnUse use, Func<Assessment, bool> value) =>
        Column.Boolean(name, use, value);

    private static Column<Assessment> List(string name, ColumnUse use, Func<Assessment, IReadOnlyList<string>> value) =>
        Column.List(name, use, value);

    private static IReadOnlyList<string> Raised(EventFlags flags)
    {
        var count = 0;
        foreach (var flag in Flags)
            if (flags[flag] == true)
                count++;
        if (count == 0)
            return [];
        var names = new string[count];
        var i = 0;
        foreach (var flag in Flags)
            if (flags[flag] == true)
                names[i++] = EventFlags.NameOf(flag);
        return names;
    }
}
