using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Remora.Markets;

namespace Remora.Feeds.History;

/// <summary>
/// A file while it is fetched. Pages are appended to <c>FILE.part</c>, plain text whose first line
/// names the series. When the span is complete, the rows are compressed beside the file, which is
/// then replaced as a whole. After an interruption at any moment the part is valid up to its last
/// complete row; the rest is cut off and fetched again.
/// </summary>
internal sealed class HistoryFile : IDisposable
{
    private readonly string _path;
    private readonly HistorySeries _series;
    private readonly Instant _from;
    private readonly FileStream _part;

    private HistoryFile(string path, HistorySeries series, Instant from, FileStream part)
    {
        _path = path;
        _series = series;
        _from = from;
        _part = part;
    }

    /// <summary>The time of the last row; null if there is none.</summary>
    public Instant? Last { get; private set; }

    /// <summary>The number of rows.</summary>
    public long Rows { get; private set; }

    /// <summary>Returns the path of the unfinished file.</summary>
    public static string PartOf(string path) => path + ".part";

    /// <summary>
    /// Returns the beginning of the span of an unfinished file of this series; null without one, or
    /// while it has no rows.
    /// </summary>
    public static Instant? BeginningOf(string path, HistorySeries series)
    {
        if (!File.Exists(PartOf(path)))
            return null;
        using var lines = new StreamReader(PartOf(path), Encoding.Latin1);
        var mark = MarkOf(series);
        return
            lines.ReadLine() is { } line
            && line.StartsWith(mark, StringComparison.Ordinal)
            && Instant.TryParse(line[mark.Length..], out var from)
            && HasRow(lines)
            ? from
            : null;
    }

    /// <summary>Opens the unfinished file, or begins one.</summary>
    /// <exception cref="HistoryException">There is an unfinished file of another
    /// series.</exception>
    public static HistoryFile Open(string path, HistorySeries series, Instant from)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var part = new FileStream(
            PartOf(path),
            FileMode.OpenOrCreate,
            FileAccess.ReadWrite,
            FileShare.Read,
            bufferSize: 1 << 16
        );
        var file = new HistoryFile(path, series, from, part);
        try
        {
            file.Recover();
            return file;
        }
        catch
        {
            part.Dispose();
            throw;
        }
    }

    /// <summary>Returns the rows of a finished file from a moment on.</summary>
    public static IEnumerable<HistoryRow> Read(string path, Instant from)
    {
        using var rows = new StreamReader(
            new GZipStream(File.OpenRead(path), CompressionMode.Decompress),
            Encoding.Latin1
        );
        rows.ReadLine();
        while (rows.ReadLine() is { } line)
            if (TimeOf(line) is { } time && time >= from)
                yield return new(time, line);
    }

    /// <summary>Returns the SHA-256 of a file.</summary>
    public static string HashOf(string path)
    {
        using var content = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(content));
    }

    /// <summary>Appends rows, which are in the hands of the operating system afterwards.</summary>
    /// <exception cref="IOException">The disk is full, or the file cannot be written.</exception>
    public void Append(IEnumerable<HistoryRow> rows)
    {
        try
        {
            foreach (var row in rows)
            {
                if (row.Time <= Last)
                    throw new InvalidOperationException($"{_series.File}: {row.Time} after {Last}");
                WriteLine(row.Text);
                Last = row.Time;
                Rows++;
            }
            _part.Flush();
        }
        catch (ArgumentOutOfRangeException e)
        {
            throw TooLarge(PartOf(_path), e);
        }
    }

    /// <summary>
    /// Compresses the rows, replaces the file, and returns its description. The unfinished file
    /// remains until <see cref="Delete"/>.
    /// </summary>
    public HistoryEntry Finish(Instant until, Instant now, string version)
    {
        var gaps = new GapCounter(_series.Step, _from);
        var unfinished = _path + ".tmp";
        Instant? first;
        try
        {
            first = Compress(unfinished, gaps);
        }
        catch (ArgumentOutOfRangeException e)
        {
            throw TooLarge(unfinished, e);
        }
        gaps.Close(until);
        File.Move(unfinished, _path, overwrite: true);
        return new(
            _series.File,
            _series.Name,
            _series.Source,
            _from,
            until,
            first!.Value,
            Last!.Value,
            Rows,
            gaps.Missing,
            gaps.Count,
            gaps.Longest,
            HashOf(_path),
            now,
            version
        );
    }

    /// <summary>Deletes the unfinished file.</summary>
    public void Delete()
    {
        _part.Dispose();
        File.Delete(PartOf(_path));
    }

    /// <summary>Closes the unfinished file, and deletes it if it has no rows.</summary>
    public void Dispose()
    {
        try
        {
            _part.Dispose();
            if (Rows == 0)
                File.Delete(PartOf(_path));
        }
        catch (Exception e) when (e is IOException or ArgumentOutOfRangeException)
        {
            // The disk is full, which the caller knows. The rows are fetched again.
        }
    }

    /// <summary>Writes the compressed rows. Returns the time of the first one.</summary>
    private Instant? Compress(string path, GapCounter gaps)
    {
        Instant? first = null;
        using (var target = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            using (var packed = new GZipStream(target, CompressionLevel.Optimal, leaveOpen: true))
            using (var text = new StreamWriter(packed, Encoding.Latin1, bufferSize: 1 << 16) { NewLine = "\n" })
            {
                _part.Position = 0;
                using var rows = new StreamReader(_part, Encoding.Latin1, false, 1 << 16, leaveOpen: true);
                rows.ReadLine();
                while (rows.ReadLine() is { } line)
                {
                    text.WriteLine(line);
                    if (TimeOf(line) is not { } time)
                        continue; // the header
                    first ??= time;
                    gaps.Add(time);
                }
            }
            target.Flush(flushToDisk: true);
        }
        return first;
    }

    /// <summary>
    /// .NET reports a file beyond the limit of its file system as an invalid argument.
    /// </summary>
    private static IOException TooLarge(string path, ArgumentOutOfRangeException e) =>
        new($"{path} is larger than its file system or a limit of the process allows", e);

    private void Recover()
    {
        var length = _part.Length;
        var mark = MarkOf(_series) + _from;
        var valid = 0L;
        using (var lines = new StreamReader(_part, Encoding.Latin1, false, 1 << 16, leaveOpen: true))
        {
            var begun = lines.ReadLine();
            if (begun != mark && HasRow(lines))
                throw new HistoryException(
                    $"{PartOf(_path)} is the unfinished download of another request ({begun?.TrimStart('#', ' ')}): "
                        + $"repeat that request, or delete the file"
                );
            if (begun == mark && lines.ReadLine() == _series.Header)
                valid = mark.Length + _series.Header.Length + 2;
            while (valid > 0 && valid < length && lines.ReadLine() is { } line)
            {
                // The last line lacks its end if it was cut off.
                if (valid + line.Length + 1 > length || !IsRow(line, out var time))
                    break;
                valid += line.Length + 1;
                Last = time;
                Rows++;
            }
        }
        _part.SetLength(valid <= length ? valid : 0);
        _part.Position = _part.Length;
        if (_part.Length > 0)
            return;
        WriteLine(mark);
        WriteLine(_series.Header);
        _part.Flush();
    }

    /// <summary>Returns whether a row follows the first line and the header.</summary>
    private static bool HasRow(StreamReader lines)
    {
        lines.ReadLine();
        return lines.ReadLine() is not null;
    }

    private static string MarkOf(HistorySeries series) => $"# {series.Name}, {series.Source}, from ";

    private bool IsRow(string line, out Instant time)
    {
        time = default;
        var cells = line.Split(',');
        if (cells.Length != _series.Header.Split(',').Length || TimeOf(line) is not { } at || at <= Last || at < _from)
            return false;
        time = at;
        return Array.TrueForAll(
            cells,
            cell =>
                double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out _)
                || DateOnly.TryParseExact(cell, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _)
        );
    }

    private static Instant? TimeOf(string line) =>
        long.TryParse(line.AsSpan(0, Math.Max(0, line.IndexOf(','))), CultureInfo.InvariantCulture, out var time)
            ? new Instant(time)
            : null;

    private void WriteLine(string line) => _part.Write(Encoding.Latin1.GetBytes(line + "\n"));
}
