using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Remora.Forecasts;

namespace Remora.Columns;

/// <summary>
/// The columns of the forecast in an assessment, for data frames. Their names are those of JSON,
/// with the key of a table and the horizon at the end:
/// <c>forecast_probability_of_drawdown_0.02_4h</c>.
/// </summary>
public static class ForecastColumns
{
    private const string Prefix = "forecast_";

    /// <summary>
    /// All columns, with the usual keys of tables: the times of the candle, what applies to all
    /// horizons, then one horizon after the other.
    /// </summary>
    public static IReadOnlyList<Column<Assessment>> All { get; } =
    [
        Shared("date"),
        Shared("as_of"),
        Shared("state"),
        Column.Text<Assessment>(
            "no_forecast",
            ColumnUse.None,
            a => a.NoForecast is { } absence ? RemoraJson.NameOf(absence) : null
        ) with
        {
            IsOptional = true,
        },
        Column.Time<Assessment>(Prefix + "as_of", ColumnUse.None, a => a.Forecast?.AsOf) with
        {
            IsOptional = true,
        },
        Shared(Prefix + "coefficients"),
        Flag("in_sample", forecast => forecast.InSample),
        Number("history_days", forecast => forecast.HistoryDays),
        Shared(Prefix + "confidence"),
        Flag("in_tested_range", forecast => forecast.InTestedRange),
        .. Horizon.All.SelectMany(Of),
    ];

    private static readonly Dictionary<string, Column<Assessment>> Named = All.ToDictionary(column => column.Name);

    /// <summary>
    /// Finds a column by its name. A name with another key of a table is found too:
    /// <c>forecast_probability_of_drawdown_0.03_4h</c>.
    /// </summary>
    public static bool TryFind(string name, [NotNullWhen(true)] out Column<Assessment>? column) =>
        Named.TryGetValue(name, out column) || TryFindEntry(name, out column);

    private static IEnumerable<Column<Assessment>> Of(Horizon horizon) =>
        [
            Shared($"{Prefix}volatility_{horizon}"),
            AtHorizon("annualized_volatility", horizon, forecast => forecast.AnnualizedVolatility),
            Shared($"{Prefix}percentile_{horizon}"),
            AtHorizon("median_volatility", horizon, forecast => forecast.MedianVolatility),
            AtHorizon("relative_to_usual", horizon, forecast => forecast.RelativeToUsual),
            .. Enum.GetValues<ForecastFactor>()
                .Select(factor =>
                    AtHorizon($"factors_{RemoraJson.NameOf(factor)}", horizon, forecast => forecast.FactorOf(factor))
                ),
            .. ForecastTable.All.SelectMany(table => table.UsualKeys.Select(key => Entry(table, key, horizon))),
        ];

    private static bool TryFindEntry(string name, out Column<Assessment>? column)
    {
        column = null;
        var end = name.LastIndexOf('_');
        if (!name.StartsWith(Prefix, StringComparison.Ordinal) || !Horizon.TryParse(name[(end + 1)..], out var horizon))
            return false;
        foreach (var table in ForecastTable.All)
        {
            var start = $"{Prefix}{table.Name}_";
            if (
                end >= start.Length
                && name.StartsWith(start, StringComparison.Ordinal)
                && double.TryParse(
                    name.AsSpan(start.Length, end - start.Length),
                    NumberStyles.AllowDecimalPoint,
                    CultureInfo.InvariantCulture,
                    out var key
                )
                && table.Allows(key)
            )
                column = Entry(table, key, horizon);
        }
        return column is not null;
    }

    private static Column<Assessment> Entry(ForecastTable table, double key, Horizon horizon) =>
        AtHorizon(
            string.Create(CultureInfo.InvariantCulture, $"{table.Name}_{key}"),
            horizon,
            forecast => table.ValueOf(forecast, key)
        );

    private static Column<Assessment> AtHorizon(string name, Horizon horizon, Func<HorizonForecast, double> value) =>
        Number($"{name}_{horizon}", forecast => value(forecast[horizon]));

    private static Column<Assessment> Flag(string name, Func<Forecast, bool> value) =>
        Number(name, forecast => value(forecast) ? 1 : 0);

    private static Column<Assessment> Number(string name, Func<Forecast, double> value) =>
        Column.Number<Assessment>(
            Prefix + name,
            ColumnUse.None,
            a => a.Forecast is { } forecast ? value(forecast) : double.NaN
        ) with
        {
            IsOptional = true,
        };

    private static Column<Assessment> Shared(string name) =>
        AssessmentColumns.Files.Single(column => column.Name == name);
}
