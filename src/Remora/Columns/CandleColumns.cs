using Remora.Markets;

namespace Remora.Columns;

/// <summary>The columns of candles. In files, case and order do not matter.</summary>
public static class CandleColumns
{
    private const ColumnUse Use = ColumnUse.Table | ColumnUse.Row;

    /// <summary>
    /// The columns of the store and of its exports, in the order of <see cref="Candle"/>.
    /// </summary>
    public static IReadOnlyList<Column<Candle>> All { get; } =
    [
        Column.Time<Candle>("opened", Use, candle => candle.OpenTime),
        Column.Number<Candle>("open", Use, candle => candle.Open),
        Column.Number<Candle>("high", Use, candle => candle.High),
        Column.Number<Candle>("low", Use, candle => candle.Low),
        Column.Number<Candle>("close", Use, candle => candle.Close),
        Column.Number<Candle>("volume", Use, candle => candle.Volume),
    ];

    /// <summary>
    /// Names of the column with the open time, as exchanges, Freqtrade and this project's exports
    /// write them. When a file has several of them, the first in this order is used.
    /// </summary>
    public static IReadOnlyList<string> Times { get; } =
    ["timestamp", All[0].Name, "open_time", "opentime", "time", "datetime", "date"];

    /// <summary>Names of the columns with the prices and the volume.</summary>
    public static IReadOnlyList<string> Values { get; } =
    [.. All.Where(column => column.Kind == ValueKind.Number).Select(column => column.Name)];
}
