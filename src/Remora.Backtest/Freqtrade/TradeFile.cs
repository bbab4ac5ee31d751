using Remora.Markets;

namespace Remora.Backtest.Freqtrade;

/// <summary>What every file of trades must keep to.</summary>
internal static class TradeFile
{
    /// <summary>The most that is read of a file, unpacked: room for some hundred thousand trades.</summary>
    public const long MaxBytes = 256L << 20;

    private static readonly Instant Earliest = new(DateTimeOffset.UnixEpoch.AddYears(30).ToUnixTimeMilliseconds());
    private static readonly Instant Latest = new(DateTimeOffset.UnixEpoch.AddYears(130).ToUnixTimeMilliseconds());

    /// <summary>The times that a trade can have, in words.</summary>
    public static string TimesInWords => $"a time from {Earliest} to {Latest}";

    /// <summary>Whether a trade can have this time. Others are errors in the file, and arithmetic with them can
    /// overflow.</summary>
    public static bool IsTime(Instant time) => time >= Earliest && time <= Latest;

    /// <summary>Reads Unix milliseconds.</summary>
    /// <exception cref="FormatException">No trade can have that time.</exception>
    public static Instant Time(double milliseconds, string name)
    {
        if (milliseconds >= Earliest.UnixMilliseconds && milliseconds <= Latest.UnixMilliseconds)
            return new((long)milliseconds);
        throw new FormatException($"'{name}' is {milliseconds} ms since 1970: expected {TimesInWords}");
    }
}
