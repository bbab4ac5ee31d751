using System.Globalization;

namespace Remora.Feeds.News;

/// <summary>The score of a headline.</summary>
/// <param name="Score">From -1 (bad for prices) to 1 (good); NaN if no term matches.</param>
/// <param name="Terms">The terms that decided, each with its final value, for example <c>plunge*
/// -2.5</c>.</param>
internal readonly record struct HeadlineScore(double Score, IReadOnlyList<string> Terms);

/// <summary>
/// Scores headlines with the readable word list <c>lexicon.tsv</c>. Adds up opinions, after the
/// words before each one have scaled or reversed it. The sum x becomes x / sqrt(x² + 4). There is
/// no language model and no learning: the same words always have the same score.
/// </summary>
internal sealed class NewsLexicon
{
    private const double Softness = 4; // one plain opinion of 2 gives 0.7, three of them 0.95
    private const int ScaleReach = 2;
    private const int ReverseReach = 3;
    private const double QuestionDoubt = 0.5;

    private readonly List<Phrase> _opinions = [];
    private readonly Dictionary<string, double> _scales = [];
    private readonly HashSet<string> _reverses = [];
    private readonly Dictionary<string, double> _doubts = [];

    /// <summary>The list that is embedded in the program.</summary>
    public static NewsLexicon Default { get; } = Parse(DataFile.Lines("lexicon.tsv"));

    /// <summary>All opinions of the list, as they are written there.</summary>
    public IEnumerable<(string Term, double Value)> Opinions => _opinions.Select(phrase => (phrase.Term, phrase.Value));

    /// <summary>The words that reverse an opinion.</summary>
    public IReadOnlyCollection<string> Reverses => _reverses;

    /// <summary>Parses a list.</summary>
    /// <exception cref="FormatException">A line is malformed; the message shows it.</exception>
    public static NewsLexicon Parse(IEnumerable<string> lines)
    {
        var lexicon = new NewsLexicon();
        foreach (var line in lines)
        {
            if (
                line.Split('\t') is not [var kind, { Length: > 0 } term, var number]
                || !double.TryParse(number, CultureInfo.InvariantCulture, out var value)
            )
                throw new FormatException($"'{line}': expected kind, term and value, separated by tabs");
            var added = kind switch
            {
                "opinion" when Math.Abs(value) is > 0 and <= 3 => lexicon.Add(new(term, value)),
                "scale" when value is > 0 and <= 3 => lexicon._scales.TryAdd(term, value),
                "reverse" when value == -1 => lexicon._reverses.Add(term),
                "doubt" when value is > 0 and < 1 => lexicon._doubts.TryAdd(term, value),
                _ => throw new FormatException(
                    $"'{line}': expected an opinion within 3 of 0, a scale up to 3, a reverse of -1 or a doubt below 1"
                ),
            };
            if (!added)
                throw new FormatException($"'{line}': duplicate entry");
        }
        // The longest match wins: 'record high' before 'high'.
        lexicon._opinions.Sort((a, b) => b.Length.CompareTo(a.Length));
        return lexicon;
    }

    /// <summary>Returns the score of a headline.</summary>
    public HeadlineScore Score(string title)
    {
        var words = HeadlineWords.Of(title);
        var terms = new List<string>();
        var (sum, doubt) = (0.0, title.TrimEnd().EndsWith('?') ? QuestionDoubt : 1);
        for (var at = 0; at < words.Count; )
        {
            if (_doubts.TryGetValue(words[at], out var factor))
                doubt = Math.Min(doubt, factor);
            if (_opinions.Find(phrase => phrase.FitsAt(words, at)) is not { } opinion)
            {
                at++;
                continue;
            }
            var value = opinion.Value * InFront(words, at);
            sum += value;
            terms.Add(string.Create(CultureInfo.InvariantCulture, $"{opinion.Term} {value:+0.##;-0.##}"));
            at += opinion.Length;
        }
        return terms.Count == 0 ? new(double.NaN, []) : new(doubt * sum / Math.Sqrt((sum * sum) + Softness), terms);
    }

    /// <summary>Returns the factor that the words before an opinion apply to it.</summary>
    private double InFront(IReadOnlyList<string> words, int at)
    {
        var factor = 1.0;
        for (var back = 1; back <= ReverseReach && back <= at; back++)
        {
            var word = words[at - back];
            if (_reverses.Contains(word))
                factor = -factor;
            else if (back <= ScaleReach && _scales.TryGetValue(word, out var scale))
                factor *= scale;
        }
        return factor;
    }

    private bool Add(Phrase phrase)
    {
        if (_opinions.Exists(other => other.Term == phrase.Term))
            return false;
        _opinions.Add(phrase);
        return true;
    }

    /// <summary>One or more words. The last one may match any ending.</summary>
    private sealed class Phrase(string term, double value)
    {
        private readonly string[] _words = term.TrimEnd('*').Split(' ');
        private readonly bool _isOpen = term.EndsWith('*');

        public string Term => term;

        public double Value => value;

        public int Length => _words.Length;

        public bool FitsAt(IReadOnlyList<string> words, int at)
        {
            if (at + _words.Length > words.Count)
                return false;
            for (var i = 0; i < _words.Length - 1; i++)
                if (words[at + i] != _words[i])
                    return false;
            var last = words[at + _words.Length - 1];
            return _isOpen ? last.StartsWith(_words[^1], StringComparison.Ordinal) : last == _words[^1];
        }
    }
}
