namespace Remora.Notify;

/// <summary>A message to people.</summary>
/// <param name="Title">The subject, in one line.</param>
/// <param name="Text">The text without the title, in plain text.</param>
/// <param name="Link">The page with more information; null for none.</param>
/// <param name="IsUrgent">Whether the receiver should be alerted, as for a block.</param>
public sealed record Message(string Title, string Text, Uri? Link, bool IsUrgent)
{
    /// <summary>Returns a message that contains no market data.</summary>
    public static Message Test { get; } =
        new("Test message from Remora", "Blocks, all-clears and trouble of the service arrive here.", null, false);

    /// <summary>Returns title, text and link as one text of at most some characters.</summary>
    /// <param name="most">The maximum length. The text is shortened, title and link are
    /// not.</param>
    internal string ToText(int most)
    {
        var link = Link is null ? "" : "\n" + Link.AbsoluteUri;
        return Title + "\n" + Shortened(Text, most - Title.Length - link.Length - 1) + link;
    }

    internal static string Shortened(string text, int most)
    {
        if (text.Length <= most)
            return text;
        var end = Math.Max(0, most - 1);
        if (end > 0 && char.IsHighSurrogate(text[end - 1]))
            end--; // half a character is not valid text
        return text[..end] + "…";
    }
}
