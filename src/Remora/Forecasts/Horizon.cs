using System.Diagnostics.CodeAnalysis;

namespace Remora.Forecasts;

/// <summary>How far a forecast reaches: 1h, 4h or 24h.</summary>
public sealed record Horizon
{
    private static readonly Horizon[] Known = [new(0, 1), new(1, 4), new(2, 24)];

    private Horizon(int index, int hours)
    {
        Index = index;
        Hours = hours;
        Name = $"{hours}h";
        Length = TimeSpan.FromHours(hours);
    }

    /// <summary>One hour.</summary>
    public static Horizon OneHour => Known[0];

    /// <summary>Four hours.</summary>
    public static Horizon FourHours => Known[1];

    /// <summary>24 hours.</summary>
    public static Horizon OneDay => Known[2];

    /// <summary>All horizons, the shortest first.</summary>
    public static IReadOnlyList<Horizon> All => Known;

    internal static ReadOnlySpan<Horizon> Each => Known;

    /// <summary>The number of horizons.</summary>
    public const int Count = 3;

    /// <summary>The position in <see cref="All"/>.</summary>
    public int Index { get; }

    /// <summary>The length in hours.</summary>
    public int Hours { get; }

    /// <summary>The name: <c>4h</c>.</summary>
    public string Name { get; }

    /// <summary>The length.</summary>
    public TimeSpan Length { get; }

    /// <summary>The length as it is written in a sentence: <c>4 hours</c>.</summary>
    internal string Words => Hours == 1 ? "hour" : $"{Hours} hours";

    /// <summary>Parses a name such as <c>4h</c>.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out Horizon? horizon)
    {
        horizon = Array.Find(Known, h => h.Name == text);
        return horizon is not null;
    }

    /// <summary>Returns the name: <c>4h</c>.</summary>
    public override string ToString() => Name;
}
