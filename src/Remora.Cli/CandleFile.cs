using System.IO.Compression;
using Remora.Markets;

namespace Remora.Cli;

/// <summary>Opens candle files: CSV, or CSV compressed with gzip (told by its first bytes, not its name).</summary>
internal static class CandleFile
{
    /// <exception cref="CandleFileException">The file cannot be read; the message names file, line and problem.</exception>
    public static CandleTape Read(string path, Timeframe? timeframe)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1 << 16);
            Span<byte> magic = stackalloc byte[2];
            var compressed = file.ReadAtLeast(magic, 2, throwOnEndOfStream: false) == 2 && magic is [0x1f, 0x8b];
            file.Position = 0;
            using var text = new StreamReader(compressed ? new GZipStream(file, CompressionMode.Decompress) : file);
            return CandleCsv.Read(text, timeframe);
        }
        catch (CandleCsvException e)
        {
            throw new CandleFileException($"{path}, {e.Message}", e);
        }
        catch (InvalidDataException e)
        {
            throw new CandleFileException($"{path}: broken gzip data ({e.Message})", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CandleFileException($"{path}: {e.Message}", e);
        }
    }
}

/// <summary>A candle file could not be read.</summary>
internal sealed class CandleFileException(string message, Exception inner) : Exception(message, inner);
