using System.Globalization;
using Remora.Csv;
using Remora.Markets;

namespace Remora.Backtest.Data;

/// <summary>
/// Reads outside values from CSV. The first column of the header is the time in Unix milliseconds;
/// the kind defines the column of the value. A column <c>knowable_at</c> has the time from which
/// each value is knowable; without it, the kind defines that time.
/// </summary>
public static class OutsideFile
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    // The provider of the index has published by then, in winter and in summer.
    private static readonly TimeSpan UsClose = new(21, 15, 0);

    private static readonly Dictionary<OutsideKind, Shape> Shapes = new()
    {
        [OutsideKind.FearGreedDaily] = new(
            Signal.FearGreed,
            "value",
            TimeSpan.Zero,
            TimeSpan.FromHours(36),
            "alternative.me"
        ),
        // A Friday's value is valid over a weekend that a holiday extends.
        [OutsideKind.VixDaily] = new(Signal.Vix, "close", UsClose, TimeSpan.FromDays(5), "cboe"),
        [OutsideKind.DollarIndexDaily] = new(Signal.DollarIndex, "close", UsClose, TimeSpan.FromDays(5), "ice"),
        [OutsideKind.BtcDominanceDaily] = new(
            Signal.BtcDominance,
            "btc_dominance_pct",
            Day,
            TimeSpan.FromDays(3),
            "coinmarketcap"
        ),
        [OutsideKind.OpenInterestDaily] = new(
            Signal.OpenInterest,
            "open_interest_usd",
            Day,
            TimeSpan.FromDays(3),
            "exchanges"
        )
        {
            OtherColumn = "open_interest",
        },
        [OutsideKind.Funding8h] = new(
            Signal.FundingRate,
            "funding_rate",
            TimeSpan.Zero,
            TimeSpan.FromHours(16),
            "exchange"
        ),
        [OutsideKind.FundingDailyMean] = new(Signal.FundingRate, "funding_mean", Day, TimeSpan.FromDays(2), "exchange"),
    };

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
        var shape = Shapes[kind];
        if (!rows.Read())
            throw new CsvException(1, "the file is empty");
        var header = rows.ToArray();
        var (width, column) = (rows.Count, Array.IndexOf(header, shape.Column));
        if (column < 0 && shape.OtherColumn is not null)
            column = Array.IndexOf(header, shape.OtherColumn);
        var knowable = Array.IndexOf(header, HistoryLayout.KnowableAt);
        if (rows[0] != "timestamp" || column < 0)
            throw rows.Wrong($"expected the columns 'timestamp' first and '{shape.Column}'");

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
                throw rows.Wrong($"'{rows[column]}' is not a number for '{shape.Column}'");
            var known = new Instant(time) + shape.KnownAfter;
            if (knowable >= 0)
                known = KnowableAt(rows, knowable, new(time));
            if (known < until)
                observations.Add(new(shape.Signal, @base, value, known, known, shape.TimeToLive, shape.Source));
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

    private sealed record Shape(Signal Signal, string Column, TimeSpan KnownAfter, TimeSpan TimeToLive, string Source)
    {
        /// <summary>Another name of the column, of values in another unit.</summary>
        public string? OtherColumn { get; init; }
    }
}

/// <summary>
/// The kind of the values in an outside file, which defines when they became knowable.
/// </summary>
public enum OutsideKind
{
    /// <summary>Fear and greed index; the value dated D is published at D 00:00 UTC.</summary>
    FearGreedDaily,

    /// <summary>VIX; the close of D is known at D 21:15 UTC.</summary>
    VixDaily,

    /// <summary>US dollar index; the close of D is known at D 21:15 UTC.</summary>
    DollarIndexDaily,

    /// <summary>Bitcoin dominance in percent; a value dated D is known at the end of D.</summary>
    BtcDominanceDaily,

    /// <summary>
    /// Open interest in any constant unit, in the column open_interest_usd or open_interest; a
    /// value dated D is known at the end of D.
    /// </summary>
    OpenInterestDaily,

    /// <summary>Funding rate per 8 hours; known at its timestamp.</summary>
    Funding8h,

    /// <summary>Mean of a day's 8-hour funding rates; known at the end of the day.</summary>
    FundingDailyMean,
}
