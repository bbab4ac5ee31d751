using System.Diagnostics.CodeAnalysis;

namespace Remora.Markets;

/// <summary>The length of a candle: one of 1m, 3m, 5m, 15m, 30m, 1h, 2h, 4h, 6h, 8h, 12h, 1d. All of them divide a day evenly.</summary>
public sealed record Timeframe
{
    private static readonly Timeframe[] All =
    [
        new("1m", 1), new("3m", 3), new("5m", 5), new("15m", 15), new("30m", 30), new("1h", 60), new("2h", 120),
        new("4h", 240), new("6h", 360), new("8h", 480), new("12h", 720), new("1d", 1440),
    ];

    private Timeframe(string name, int minutes)
    {
        Name = name;
        Length = TimeSpan.FromMinutes(minutes);
    }

    /// <summary>Five minutes: the default base of a market.</summary>
    public static Timeframe FiveMinutes { get; } = Parse("5m");

    /// <summary>One hour: the trend is read from these candles.</summary>
    public static Timeframe OneHour { get; } = Parse("1h");

    /// <summary>One day: the bear market is read from these candles.</summary>
    public static Timeframe OneDay { get; } = Parse("1d");

    /// <summary>Every timeframe there is, shortest first.</summary>
    public static IReadOnlyList<Timeframe> Known => All;

    /// <summary>The name exchanges use: <c>5m</c>.</summary>
    public string Name { get; }

    /// <summary>How long one candle lasts.</summary>
    public TimeSpan Length { get; }

    /// <summary>How many of these candles make a span, rounded down.</summary>
    public int CountIn(TimeSpan span) => (int)(span.Ticks / Length.Ticks);

    /// <summary>Reads a name such as <c>5m</c>.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out Timeframe? timeframe)
    {
        timeframe = Array.Find(All, t => t.Name == text);
        return timeframe is not null;
    }

    /// <summary>Reads a name such as <c>5m</c>, or throws with the list of names.</summary>
    /// <exception cref="FormatException">There is no such timeframe.</exception>
    public static Timeframe Parse(string text) =>
        TryParse(text, out var timeframe) ? timeframe
        : throw new FormatException($"'{text}' is not a timeframe: expected one of {string.Join(", ", All.Select(t => t.Name))}");

    /// <summary>The name: <c>5m</c>.</summary>
    public override string ToString() => Name;
}
