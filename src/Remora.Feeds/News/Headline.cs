using Remora.Markets;

namespace Remora.Feeds.News;

/// <summary>A headline as an outlet published it.</summary>
/// <param name="Outlet">The outlet that published it, for example <c>coindesk</c>.</param>
/// <param name="Title">The title: one line, without markup or control characters.</param>
/// <param name="Link">The URL of the story; null if it is missing or is not a web address.</param>
/// <param name="PublishedAt">When it was published, according to the outlet.</param>
public sealed record Headline(string Outlet, string Title, string? Link, Instant PublishedAt)
{
    /// <summary>
    /// The currencies of the headline, upper case, if the source lists them; null if it does not.
    /// </summary>
    public IReadOnlyList<string>? Currencies { get; init; }

    /// <summary>The votes of readers; null if the source has none.</summary>
    public Votes? Votes { get; init; }
}

/// <summary>The votes of readers on a story.</summary>
/// <param name="Positive">The number of votes that expect higher prices.</param>
/// <param name="Negative">The number of votes that expect lower prices.</param>
public readonly record struct Votes(int Positive, int Negative)
{
    private const double Unconvinced = 5;

    /// <summary>
    /// The score of the votes, from -1 to 1. Few votes count for little, as if five more were
    /// undecided. NaN without votes.
    /// </summary>
    public double Score =>
        Positive + Negative == 0 ? double.NaN : (Positive - Negative) / (Positive + Negative + Unconvinced);
}

/// <summary>The content of an outlet's response.</summary>
/// <param name="Headlines">The headlines.</param>
/// <param name="Refused">The number of other items, without a title or a valid date.</param>
internal sealed record NewsPage(IReadOnlyList<Headline> Headlines, int Refused);
