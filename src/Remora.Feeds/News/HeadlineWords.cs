using System.Text;

namespace Remora.Feeds.News;

/// <summary>A text as words: lower case, of letters and digits; an apostrophe joins, everything else parts.</summary>
internal static class HeadlineWords
{
    public static IReadOnlyList<string> Of(string text)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        foreach (var letter in text)
        {
            if (char.IsLetterOrDigit(letter)) word.Append(char.ToLowerInvariant(letter));
            else if (letter is not ('\'' or '’') && word.Length > 0) Close();
        }
        if (word.Length > 0) Close();
        return words;

        void Close()
        {
            words.Add(word.ToString());
            word.Clear();
        }
    }
}
