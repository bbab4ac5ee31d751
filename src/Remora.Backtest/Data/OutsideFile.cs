using System.Globalization;
using Remora.Markets;

namespace Remora.Backtest.Data;

/// <summary>
/// Reads outside values from CSV: a header, the first column the time in Unix milliseconds, the value in a column the kind knows. When a value was knowable depends on its kind alone:
/// no file says it.
/// </summary>
public static class OutsideFile
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);
    private static readonly TimeSpan UsClose = new(21, 15, 0); // what the index's provider has published by then, in winter and in summer

    private static readonly Dictionary<OutsideKind, Shape> Shapes = new()
    {
        [OutsideKind.FearGreedDaily] = new(Signal.FearGreed, "value", TimeSpan.Zero, TimeSpan.FromHours(36), "alternative.me"),
        // Fridays hold over a weekend with a holiday.
        [OutsideKind.VixDaily] = new(Signal.Vix, "close", UsClose, TimeSpan.FromDays(5), "cboe"),
        [OutsideKind.DollarIndexDaily] = new(Signal.DollarIndex, "close", UsClose, TimeSpan.FromDays(5), "ice"),
        [OutsideKind.BtcDominanceDaily] = new(Signal.BtcDominance, "btc_dominance_pct", Day, TimeSpan.FromDays(3), "coinmarketcap"),
        [OutsideKind.OpenInterestDaily] = new(Signal.OpenInterest, "open_interest_usd", Day, TimeSpan.FromDays(3), "exchanges"),
        [OutsideKind.Funding8h] = new(Signal.FundingRate, "funding_rate", TimeSpan.Zero, TimeSpan.FromHours(16), "exchange"),
        [OutsideKind.FundingDailyMean] = new(Signal.FundingRate, "funding_mean", Day, TimeSpan.FromDays(2), "exchange"),
    };

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file, plain or gzip.</param>
    /// <param name="kind">What is in it.</param>
    /// <param name="base">The base currency the values are about; null for the whole market.</param>
    /// <param name="until">Leaves out what became known at or after this moment, where another file takes over.</param>
    /// <exception cref="BacktestException">The file cannot be read; the message names file, line and problem.</exception>
    public static IReadOnlyList<Observation> Read(string path, OutsideKind kind, string? @base = null, Instant? until = null)
    {
        try
        {
            using var text = TextFile.Open(path);
            return Read(text, kind, @base, until ?? Instant.MaxValue);
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

    private static List<Observation> Read(TextReader text, OutsideKind kind, string? @base, Instant until)
    {
        var shape = Shapes[kind];
        var names = (text.ReadLine() ?? throw new FormatException("line 1: the file is empty")).Split(',');
        var column = Array.IndexOf(names, shape.Column);
        if (names[0] != "timestamp" || column < 0) throw new FormatException($"line 1: expected the columns 'timestamp' first and '{shape.Column}'");

        var observations = new List<Observation>();
        for (var line = 2; text.ReadLine() is { } row; line++)
        {
            var fields = row.Split(',');
            if (fields.Length <= column || !long.TryParse(fields[0], NumberStyles.None, CultureInfo.InvariantCulture, out var time))
                throw new FormatException($"line {line}: expected {names.Length} columns, the first a time in Unix milliseconds");
            if (fields[column].Length == 0) continue; // a day without a value
            if (!double.TryParse(fields[column], NumberStyles.Float, CultureInfo.InvariantCulture, out var value) || !double.IsFinite(value))
                throw new FormatException($"line {line}: '{fields[column]}' is not a number for '{shape.Column}'");
            var known = new Instant(time) + shape.KnownAfter;
            if (known < until) observations.Add(new(shape.Signal, @base, value, known, known, shape.TimeToLive, shape.Source));
        }
        return observations;
    }

    private sealed record Shape(Signal Signal, string Column, TimeSpan KnownAfter, TimeSpan TimeToLive, string Source);
}

/// <summary>What an outside file holds, and with it when its values were published.</summary>
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

    /// <summary>Open interest; a value dated D is known at the end of D.</summary>
    OpenInterestDaily,

    /// <summary>Funding rate per 8 hours; known at its timestamp.</summary>
    Funding8h,

    /// <summary>Mean of a day's 8-hour funding rates; known at the end of the day.</summary>
    FundingDailyMean,
}
