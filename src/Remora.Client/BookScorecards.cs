using System.Collections.ObjectModel;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Remora.Client;

/// <summary>The track record of books. Unknown values are null.</summary>
public sealed record BookScorecards
{
    /// <summary>The start of the span, inclusive; null for the begin of each record.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>The end of the span, exclusive.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>The horizon: <c>24h</c>.</summary>
    public string? Horizon { get; init; }

    /// <summary>The books: the fixed ones first.</summary>
    [JsonRequired]
    public IReadOnlyList<BookScorecard> Books
    {
        get => field ?? [];
        init;
    }

    /// <summary>All other fields of the answer.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? More { get; set; } // generated code cannot initialize it
}

/// <summary>
/// The track record of a book: how what was said about it met what came within 24 hours, as if its
/// positions had been held.
/// </summary>
public sealed record BookScorecard
{
    /// <summary><c>net_long</c>, <c>hedged</c>, <c>net_short</c>, or the address of a followed
    /// bot.</summary>
    [JsonRequired]
    public string Name { get; init; } = "";

    /// <summary>Whether it is the book of a followed bot.</summary>
    public bool? Followed { get; init; }

    /// <summary>The first full hour of its record.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>The full hours of the span since then.</summary>
    public long? Hours { get; init; }

    /// <summary>The hours whose horizon has passed without a gap.</summary>
    public long? Graded { get; init; }

    /// <summary>The graded horizons that do not overlap.</summary>
    public long? Independent { get; init; }

    /// <summary>The mean log of the forecast over the realised variance: above 0 when forecasts are
    /// too large.</summary>
    public double? Bias { get; init; }

    /// <summary>Losses beyond the value at risk, by its level: <c>0.95</c>, <c>0.99</c>.</summary>
    public IReadOnlyDictionary<string, BookHitScore> ValueAtRisk
    {
        get => field ?? ReadOnlyDictionary<string, BookHitScore>.Empty;
        init;
    }

    /// <summary>The hours that could not be graded, by the reason.</summary>
    public IReadOnlyDictionary<string, long> NotGraded
    {
        get => field ?? ReadOnlyDictionary<string, long>.Empty;
        init;
    }
}

/// <summary>The record of the value at risk of a book, over horizons that do not overlap.</summary>
public sealed record BookHitScore
{
    /// <summary>The number of losses beyond it.</summary>
    public long? Hits { get; init; }

    /// <summary>The number of such losses to expect.</summary>
    public double? Expected { get; init; }

    /// <summary>The number of horizons.</summary>
    public long? N { get; init; }

    /// <summary>The p-value that such losses are as frequent as stated.</summary>
    public double? KupiecP { get; init; }

    /// <summary>The losses beyond it over the expected shortfalls then: 1 is right, above 1 losses
    /// are larger.</summary>
    public double? Shortfall { get; init; }
}
