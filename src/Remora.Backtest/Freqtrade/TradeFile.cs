using Remora.Markets;

namespace Remora.Backtest.Freqtrade;

/// <summary>Limits of all files of trades.</summary>
internal static class TradeFile
{
    /// <summary>
    /// The maximum number of bytes to read from a file, after decompression: enough for some
    /// hundred thousand trades.
    /// </summary>
    public const long MaxBytes = 256L << 20;

    private static readonly Instant Earliest = new(DateTimeOffset.UnixEpoch.AddYears(30).ToUnixTimeMilliseconds());
    private static readonly Instant Latest = new(DateTimeOffset.UnixEpoch.AddYears(130).ToUnixTimeMilliseconds());

    /// <summary>The range of valid times, for error messages.</summary>
    public static string TimesInWords => $"a time from {Earliest} to {Latest}";

    /// <summary>
    /// Whether a time is valid for a trade. Other times are errors in the file and can overflow
    /// calculations.
    /// </summary>
    public static bool IsTime(Instant time) => time >= Earliest && time <= Latest;

    /// <summary>Parses Unix milliseconds.</summary>
    /// <exception cref="FormatException">The time is not valid for a trade.</exception>
    public static Instant Time(double milliseconds, string name)
    {
        if (milliseconds >= Earliest.UnixMilliseconds && milliseconds <= Latest.UnixMilliseconds)
            return new((long)milliseconds);
        throw new FormatException($"'{name}' is {milliseconds} ms since 1970: expected {TimesInWords}");
    }
}
