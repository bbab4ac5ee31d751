using System.Text;

namespace Remora.Feeds.News;

/// <summary>
/// Splits a text into lower-case words of letters and digits. An apostrophe joins; every other
/// character separates.
/// </summary>
internal static class HeadlineWords
{
    public static IReadOnlyList<string> Of(string text)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        foreach (var letter in text)
        {
            if (char.IsLetterOrDigit(letter))
                word.Append(char.ToLowerInvariant(letter));
            else if (letter is not ('\'' or '’') && word.Length > 0)
                Close();
        }
        if (word.Length > 0)
            Close();
        return words;

        void Close()
        {
            words.Add(word.ToString());
            word.Clear();
        }
    }
}
