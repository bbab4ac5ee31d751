using Remora.Markets;

namespace Remora.Csv;

/// <summary>
/// The names of the files in a folder of historical data: the files that <c>remora history
/// fetch</c> writes and <c>remora study</c> reads. All are CSV compressed with gzip, with a time in
/// Unix milliseconds in the first column.
/// </summary>
public static class HistoryLayout
{
    /// <summary>The name of the column with the time from which a value is knowable.</summary>
    public const string KnowableAt = "knowable_at";

    /// <summary>The description of all files: origin, span, gaps, checksums.</summary>
    public const string Manifest = "history.json";

    /// <summary>The fear and greed index, one value a day.</summary>
    public const string FearGreed = "outside/fear-greed-daily.csv.gz";

    /// <summary>The daily closes of the VIX.</summary>
    public const string Vix = "outside/vix-daily.csv.gz";

    /// <summary>The daily closes of the US dollar index.</summary>
    public const string Dollar = "outside/dxy-daily.csv.gz";

    /// <summary>Returns the file of a market's candles.</summary>
    public static string Candles(Pair pair, Timeframe timeframe)
    {
        var settle = pair.Settle is null ? "" : "_" + pair.Settle;
        return $"candles/{pair.Base}{pair.Quote}{settle}-{timeframe}.csv.gz";
    }

    /// <summary>
    /// Returns the file of the funding rates of a currency's perpetual in USDT, per 8 hours.
    /// </summary>
    public static string Funding(string @base) => $"outside/{@base}USDT-funding-8h.csv.gz";

    /// <summary>
    /// Returns the file of the daily open interest of a currency's perpetual in USDT.
    /// </summary>
    public static string OpenInterest(string @base) => $"outside/{@base.ToLowerInvariant()}-open-interest-daily.csv.gz";
}
