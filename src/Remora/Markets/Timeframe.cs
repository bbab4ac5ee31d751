using System.Diagnostics.CodeAnalysis;

namespace Remora.Markets;

/// <summary>
/// The length of a candle: 1m, 3m, 5m, 15m, 30m, 1h, 2h, 4h, 6h, 8h, 12h or 1d. Each of them
/// divides a day evenly.
/// </summary>
public sealed record Timeframe
{
    /// <summary>The number of candles from which <see cref="Infer"/> derives a timeframe.</summary>
    public const int InferFrom = 1000;

    private static readonly Timeframe[] All =
    [
        new("1m", 1),
        new("3m", 3),
        new("5m", 5),
        new("15m", 15),
        new("30m", 30),
        new("1h", 60),
        new("2h", 120),
        new("4h", 240),
        new("6h", 360),
        new("8h", 480),
        new("12h", 720),
        new("1d", 1440),
    ];

    private Timeframe(string name, int minutes)
    {
        Name = name;
        Length = TimeSpan.FromMinutes(minutes);
    }

    /// <summary>Five minutes: the default base timeframe of a market.</summary>
    public static Timeframe FiveMinutes { get; } = Parse("5m");

    /// <summary>One hour: the timeframe of the trend.</summary>
    public static Timeframe OneHour { get; } = Parse("1h");

    /// <summary>One day: the timeframe of the bear market.</summary>
    public static Timeframe OneDay { get; } = Parse("1d");

    /// <summary>All timeframes, the shortest first.</summary>
    public static IReadOnlyList<Timeframe> Known => All;

    /// <summary>The name that exchanges use: <c>5m</c>.</summary>
    public string Name { get; }

    /// <summary>The length of one candle.</summary>
    public TimeSpan Length { get; }

    /// <summary>Returns the number of candles in a time span, rounded down.</summary>
    public int CountIn(TimeSpan span) => (int)(span.Ticks / Length.Ticks);

    /// <summary>
    /// Returns the timeframe whose length is the shortest step between the first
    /// <see cref="InferFrom"/> open times; null if there is none.
    /// </summary>
    /// <param name="count">The number of candles.</param>
    /// <param name="openTime">Returns the open time of a candle.</param>
    /// <param name="step">The shortest step; <see cref="TimeSpan.MaxValue"/> without two
    /// candles.</param>
    public static Timeframe? Infer(long count, Func<int, Instant> openTime, out TimeSpan step)
    {
        step = TimeSpan.MaxValue;
        for (var i = 1; i < Math.Min(count, InferFrom); i++)
        {
            var next = openTime(i) - openTime(i - 1);
            if (next < step)
                step = next;
        }
        var shortest = step;
        return Array.Find(All, timeframe => timeframe.Length == shortest);
    }

    /// <summary>Parses a name such as <c>5m</c>.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out Timeframe? timeframe)
    {
        timeframe = Array.Find(All, t => t.Name == text);
        return timeframe is not null;
    }

    /// <summary>
    /// Parses a name such as <c>5m</c>. The exception's message lists the allowed names.
    /// </summary>
    /// <exception cref="FormatException">The text is not a timeframe.</exception>
    public static Timeframe Parse(string text) =>
        TryParse(text, out var timeframe)
            ? timeframe
            : throw new FormatException(
                $"'{text}' is not a timeframe: expected one of {string.Join(", ", All.Select(t => t.Name))}"
            );

    /// <summary>Returns the name: <c>5m</c>.</summary>
    public override string ToString() => Name;
}
