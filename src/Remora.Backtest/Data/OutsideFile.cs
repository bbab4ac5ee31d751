using System.Globalization;
using Remora.Csv;
using Remora.Markets;

namespace Remora.Backtest.Data;

/// <summary>
/// Reads outside values from CSV. The first column of the header is the time in Unix milliseconds;
/// the kind defines the column of the value. A column <c>knowable_at</c> has the time from which
/// each value is knowable; without it, the kind defines that time (<see cref="OutsideKinds"/>).
/// </summary>
public static class OutsideFile
{
    /// <summary>Reads a file.</summary>
    /// <param name="path">The file, plain or gzip.</param>
    /// <param name="kind">The kind of the values.</param>
    /// <param name="base">The base currency of the values; null for the whole market.</param>
    /// <param name="until">Leaves out values that became known at or after this moment, from which
    /// another file is used.</param>
    /// <exception cref="BacktestException">The file cannot be read; the message names file, line
    /// and problem.</exception>
    public static IReadOnlyList<Observation> Read(
        string path,
        OutsideKind kind,
        string? @base = null,
        Instant? until = null
    )
    {
        try
        {
            using var rows = new CsvRows(TextFile.Open(path));
            return Read(rows, kind, @base, until ?? Instant.MaxValue);
        }
        catch (FormatException e)
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

    private static List<Observation> Read(CsvRows rows, OutsideKind kind, string? @base, Instant until)
    {
        var name = OutsideKinds.ColumnOf(kind);
        if (!rows.Read())
            throw new CsvException(1, "the file is empty");
        var header = rows.ToArray();
        var (width, column) = (rows.Count, Array.IndexOf(header, name));
        if (column < 0 && OutsideKinds.OtherColumnOf(kind) is { } other)
            column = Array.IndexOf(header, other);
        var knowable = Array.IndexOf(header, HistoryLayout.KnowableAt);
        if (rows[0] != "timestamp" || column < 0)
            throw rows.Wrong($"expected the columns 'timestamp' first and '{name}'");

        var observations = new List<Observation>();
        while (rows.Read())
        {
            if (
                rows.Count <= column
                || !long.TryParse(rows.Bytes(0), NumberStyles.None, CultureInfo.InvariantCulture, out var time)
            )
                throw rows.Wrong($"expected {width} columns, the first a time in Unix milliseconds");
            var field = rows.Bytes(column);
            if (field.IsEmpty)
                continue; // a day without a value
            if (
                !double.TryParse(field, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
                || !double.IsFinite(value)
            )
                throw rows.Wrong($"'{rows[column]}' is not a number for '{name}'");
            Instant? known = knowable < 0 ? null : KnowableAt(rows, knowable, new(time));
            var observation = OutsideKinds.Observe(kind, @base, new(time), value, known);
            if (observation.KnowableAt < until)
                observations.Add(observation);
        }
        return observations;
    }

    private static Instant KnowableAt(CsvRows rows, int column, Instant time) =>
        long.TryParse(rows.Bytes(column), NumberStyles.None, CultureInfo.InvariantCulture, out var known)
        && known >= time.UnixMilliseconds
            ? new(known)
            : throw rows.Wrong(
                $"'{rows[column]}' in '{HistoryLayout.KnowableAt}' is not a time in Unix milliseconds from {time} on"
            );
}
