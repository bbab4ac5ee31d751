namespace Remora.Feeds.News;

/// <summary>Finds the currencies that a headline mentions.</summary>
internal sealed class CurrencyNames
{
    private readonly List<Currency> _currencies = [];

    private CurrencyNames(IEnumerable<Currency> currencies) => _currencies.AddRange(currencies);

    private static List<Currency> Known { get; } =
    [
        .. DataFile
            .Lines("currencies.tsv")
            .Select(line => line.Split('\t'))
            .Select(fields => new Currency(
                fields[0],
                fields[1] == "word",
                [.. fields[2].Split(',').Select(HeadlineWords.Of)]
            )),
    ];

    /// <summary>
    /// Returns the currencies of the list, and others. The others are recognised only as
    /// <c>$CODE</c> and <c>(CODE)</c>, because their codes may be words.
    /// </summary>
    public static CurrencyNames With(IEnumerable<string> others) =>
        new([
            .. Known,
            .. others
                .Except(Known.Select(currency => currency.Code))
                .Select(code => new Currency(code, CodeIsWord: true, [])),
        ]);

    /// <summary>
    /// Returns the codes of the currencies that a title mentions, in the order of the list.
    /// </summary>
    public IReadOnlyList<string> In(string title)
    {
        var words = HeadlineWords.Of(title);
        return [.. _currencies.Where(currency => Mentions(title, words, currency)).Select(currency => currency.Code)];
    }

    private bool Mentions(string title, IReadOnlyList<string> words, Currency currency) =>
        HasCode(title, currency)
        || currency.Names.Any(name => Positions(words, name).Any(at => !IsPartOfLonger(words, name, at)));

    /// <summary>
    /// Whether the title contains the code in capitals as a separate word: SOL and not sol or
    /// SOLID. A code that is also a word counts only as $LINK or (LINK).
    /// </summary>
    private static bool HasCode(string title, Currency currency)
    {
        var code = currency.Code;
        for (
            var at = title.IndexOf(code, StringComparison.Ordinal);
            at >= 0;
            at = title.IndexOf(code, at + 1, StringComparison.Ordinal)
        )
        {
            var before = at == 0 ? ' ' : title[at - 1];
            var after = at + code.Length == title.Length ? ' ' : title[at + code.Length];
            if (char.IsLetterOrDigit(before) || char.IsLetterOrDigit(after))
                continue;
            if (!currency.CodeIsWord || before == '$' || (before == '(' && after == ')'))
                return true;
        }
        return false;
    }

    /// <summary>
    /// Whether the match is part of a longer name: 'bitcoin' in 'bitcoin cash' is part of another
    /// currency's name.
    /// </summary>
    private bool IsPartOfLonger(IReadOnlyList<string> words, IReadOnlyList<string> name, int at) =>
        _currencies
            .SelectMany(currency => currency.Names)
            .Any(longer =>
                longer.Count > name.Count
                && Positions(words, longer).Any(start => at >= start && at < start + longer.Count)
            );

    private static IEnumerable<int> Positions(IReadOnlyList<string> words, IReadOnlyList<string> name)
    {
        for (var at = 0; at + name.Count <= words.Count; at++)
            if (Enumerable.Range(0, name.Count).All(i => words[at + i] == name[i]))
                yield return at;
    }

    private sealed record Currency(string Code, bool CodeIsWord, IReadOnlyList<IReadOnlyList<string>> Names);
}
