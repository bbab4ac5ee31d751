using Remora.Markets;

namespace Remora.Feeds.News;

/// <summary>A headline, as an outlet published it.</summary>
/// <param name="Outlet">Who published it: <c>coindesk</c>.</param>
/// <param name="Title">Its text: one line, without markup or control characters.</param>
/// <param name="Link">Where the story is; null where that is not said, or is no web address.</param>
/// <param name="PublishedAt">When it was published, as the outlet says.</param>
public sealed record Headline(string Outlet, string Title, string? Link, Instant PublishedAt)
{
    /// <summary>The currencies it is about, where the source says so itself, upper case; null where it does not.</summary>
    public IReadOnlyList<string>? Currencies { get; init; }

    /// <summary>What its readers think of it; null where nobody is asked.</summary>
    public Votes? Votes { get; init; }
}

/// <summary>What readers think of a story.</summary>
/// <param name="Positive">Who thinks it good for prices.</param>
/// <param name="Negative">Who thinks it bad.</param>
public readonly record struct Votes(int Positive, int Negative)
{
    private const double Unconvinced = 5;

    /// <summary>From -1 to 1; few votes count for little, as if five more were undecided. NaN without any.</summary>
    public double Score => Positive + Negative == 0 ? double.NaN : (Positive - Negative) / (Positive + Negative + Unconvinced);
}

/// <summary>What an answer of an outlet held.</summary>
/// <param name="Headlines">The headlines.</param>
/// <param name="Refused">How many more there were, without a title or a date that can be.</param>
internal sealed record NewsPage(IReadOnlyList<Headline> Headlines, int Refused);
