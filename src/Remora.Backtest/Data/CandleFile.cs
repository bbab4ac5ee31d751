using System.IO.Compression;
using Remora.Csv;
using Remora.Markets;

namespace Remora.Backtest.Data;

/// <summary>
/// Reads a candle file. A caller can pass a reader that supports more formats than
/// <see cref="CandleFile"/>.
/// </summary>
/// <param name="path">The file.</param>
/// <param name="timeframe">The timeframe of its candles; null to derive it from the rows.</param>
/// <exception cref="BacktestException">The file cannot be read; the message states the
/// reason.</exception>
public delegate CandleTape CandleReader(string path, Timeframe? timeframe);

/// <summary>
/// Reads candle files: CSV, plain or compressed with gzip. The first bytes of the file decide, not
/// its name.
/// </summary>
public static class CandleFile
{
    /// <summary>Reads a file.</summary>
    /// <exception cref="BacktestException">The file cannot be read; the message names file, line
    /// and problem.</exception>
    public static CandleTape Read(string path, Timeframe? timeframe = null)
    {
        try
        {
            return CandleCsv.Read(TextFile.Open(path), timeframe);
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

/// <summary>Opens text files, compressed or not.</summary>
internal static class TextFile
{
    /// <param name="path">The file.</param>
    /// <param name="maxBytes">The maximum number of bytes to read, after decompression. Reading
    /// more throws <see cref="InvalidDataException"/>.</param>
    public static Stream Open(string path, long maxBytes = long.MaxValue)
    {
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1 << 16);
        Span<byte> magic = stackalloc byte[2];
        var compressed = file.ReadAtLeast(magic, 2, throwOnEndOfStream: false) == 2 && magic is [0x1f, 0x8b];
        file.Position = 0;
        Stream content = compressed ? new GZipStream(file, CompressionMode.Decompress) : file;
        return maxBytes == long.MaxValue ? content : new BoundedStream(content, maxBytes);
    }
}
