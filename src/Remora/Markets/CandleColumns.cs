namespace Remora.Markets;

/// <summary>
/// The names of the columns of candle files, whatever their format. Case does not matter.
/// </summary>
public static class CandleColumns
{
    /// <summary>
    /// Names of the column with the open time, as exchanges, Freqtrade and this project's exports
    /// write them. When a file has several of them, the first in this order is used.
    /// </summary>
    public static IReadOnlyList<string> Times { get; } =
        ["timestamp", "opened", "open_time", "opentime", "time", "datetime", "date"];

    /// <summary>Names of the columns with the prices and the volume.</summary>
    public static IReadOnlyList<string> Values { get; } = ["open", "high", "low", "close", "volume"];
}
