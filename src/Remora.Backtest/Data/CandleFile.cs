using System.IO.Compression;
using Remora.Markets;

namespace Remora.Backtest.Data;

/// <summary>Reads a candle file. Where one is taken, more formats than <see cref="CandleFile"/> knows can be: a reader of them is handed in.</summary>
/// <param name="path">The file.</param>
/// <param name="timeframe">The timeframe of its candles; null to tell it from the rows.</param>
/// <exception cref="BacktestException">The file cannot be read; the message says why.</exception>
public delegate CandleTape CandleReader(string path, Timeframe? timeframe);

/// <summary>Opens candle files: CSV, or CSV compressed with gzip (told by its first bytes, not its name).</summary>
public static class CandleFile
{
    /// <summary>Reads a file.</summary>
    /// <exception cref="BacktestException">The file cannot be read; the message names file, line and problem.</exception>
    public static CandleTape Read(string path, Timeframe? timeframe = null)
    {
        try
        {
            using var text = TextFile.Open(path);
            return CandleCsv.Read(text, timeframe);
        }
        catch (CandleFileException e)
        {
            throw new BacktestException($"{path}, {e.Message}", e);
        }
        catch (InvalidDataException e)
        {
            throw new BacktestException($"{path}: broken gzip data ({e.Message})", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BacktestException($"{path}: {e.Message}", e);
        }
    }
}

/// <summary>Text, compressed or not.</summary>
internal static class TextFile
{
    /// <param name="path">The file.</param>
    /// <param name="maxBytes">The most that is read, unpacked. Reading more throws
    /// <see cref="InvalidDataException"/>.</param>
    public static StreamReader Open(string path, long maxBytes = long.MaxValue)
    {
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1 << 16);
        Span<byte> magic = stackalloc byte[2];
        var compressed = file.ReadAtLeast(magic, 2, throwOnEndOfStream: false) == 2 && magic is [0x1f, 0x8b];
        file.Position = 0;
        Stream content = compressed ? new GZipStream(file, CompressionMode.Decompress) : file;
        return new(maxBytes == long.MaxValue ? content : new BoundedStream(content, maxBytes));
    }
}
