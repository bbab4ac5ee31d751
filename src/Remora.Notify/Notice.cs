namespace Remora.Notify;

/// <summary>The kinds of notices.</summary>
public enum NoticeKind
{
    /// <summary>Entries are blocked now.</summary>
    Block,

    /// <summary>Entries are allowed again.</summary>
    AllClear,

    /// <summary>A part of the service fails.</summary>
    Trouble,

    /// <summary>That part works again.</summary>
    Recovery,

    /// <summary>Open trades pass a limit.</summary>
    Book,

    /// <summary>They are within it again.</summary>
    BookWell,

    /// <summary>What refused entries would have become.</summary>
    Decisions,
}

/// <summary>A fact to send. Several can become one message.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Subject">What it is about: a pair, or a part of the service.</param>
/// <param name="Text">One or two sentences that name the subject.</param>
/// <param name="At">When it happened.</param>
/// <param name="Link">The page with more information; null for none.</param>
public sealed record Notice(NoticeKind Kind, string Subject, string Text, DateTimeOffset At, Uri? Link = null)
{
    internal bool IsUrgent => Kind is NoticeKind.Block or NoticeKind.Trouble or NoticeKind.Book;

    /// <summary>Whether this notice ends what the other began, or the reverse.</summary>
    internal bool Reverses(Notice other) =>
        Subject == other.Subject && Kind != other.Kind && Topic(Kind) == Topic(other.Kind);

    private static int Topic(NoticeKind kind) =>
        kind switch
        {
            NoticeKind.Block or NoticeKind.AllClear => 0,
            NoticeKind.Trouble or NoticeKind.Recovery => 1,
            NoticeKind.Book or NoticeKind.BookWell => 2,
            _ => 3,
        };
}
