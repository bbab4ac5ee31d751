using FsCheck.Fluent;
using Remora.Feeds.News;

namespace Remora.Feeds.Tests.News;

/// <summary>The word list and the scores of headlines.</summary>
public sealed class LexiconTests
{
    private static NewsLexicon Lexicon => NewsLexicon.Default;

    private static string Plain(string term) => term.TrimEnd('*');

    [Theory]
    [InlineData("Bitcoin plunges as exchange is hacked", -1, -0.7)]
    [InlineData("Ethereum rallies to a record high", 0.7, 1)]
    [InlineData("Bitcoin slides slightly", -0.6, -0.1)]
    [InlineData("Conference in Lisbon begins on Monday", double.NaN, double.NaN)]
    public void Headlines_score_as_a_reader_would(string title, double least, double most)
    {
        var score = Lexicon.Score(title).Score;
        if (double.IsNaN(least))
            Assert.True(double.IsNaN(score), $"{score}");
        else
            Assert.InRange(score, least, most);
    }

    [Fact]
    public void Every_opinion_has_its_sign_alone_and_the_opposite_one_after_a_reversal()
    {
        foreach (var (term, value) in Lexicon.Opinions)
        {
            var (score, terms) = Lexicon.Score(Plain(term));
            Assert.True(Math.Sign(score) == Math.Sign(value), $"{term}: {score}");
            Assert.Single(terms);
            foreach (var reverse in Lexicon.Reverses)
                Assert.Equal(-score, Lexicon.Score($"{reverse} {Plain(term)}").Score);
        }
    }

    [Fact]
    public void Two_reversals_cancel_and_a_reversal_reaches_three_words()
    {
        var plain = Lexicon.Score("hack").Score;
        Assert.Equal(plain, Lexicon.Score("not without hack").Score);
        Assert.Equal(-plain, Lexicon.Score("no sign of hack").Score);
        Assert.Equal(plain, Lexicon.Score("no sign of any hack").Score);
    }

    [Fact]
    public void Scale_and_doubt_change_how_much_and_never_the_sign()
    {
        var plain = Lexicon.Score("bitcoin falls").Score;
        Assert.True(Lexicon.Score("bitcoin sharply falls").Score < plain);
        Assert.InRange(Lexicon.Score("bitcoin briefly falls").Score, plain, -0.01);
        Assert.Equal(plain / 2, Lexicon.Score("bitcoin falls?").Score);
        Assert.Equal(Lexicon.Score("falls may bitcoin").Score, plain / 2);
    }

    /// <summary>
    /// Any words of the list in any order, with any text in between: the score is within bounds,
    /// the same every time, and independent of case and punctuation.
    /// </summary>
    [Fact]
    public void Any_text_scores_within_bounds_and_always_the_same()
    {
        var words = Lexicon
            .Opinions.Select(opinion => Plain(opinion.Term))
            .Concat(Lexicon.Reverses)
            .Concat(["sharply", "may", "bitcoin", "the", "in", "📉", "7%", "—", "?"])
            .ToArray();
        var titles = Gen.Elements(words).ListOf().Select(list => string.Join(' ', list)).ToArbitrary();
        FsCheck.Check.One(
            FsCheck.Config.QuickThrowOnFailure.WithMaxTest(500),
            Prop.ForAll(
                titles,
                title =>
                {
                    var score = Lexicon.Score(title).Score;
                    return (double.IsNaN(score) || score is > -1 and < 1)
                        && score.Equals(Lexicon.Score(title).Score)
                        && score.Equals(Lexicon.Score(title.ToUpperInvariant()).Score)
                        && score.Equals(Lexicon.Score(title.Replace(" ", ", ", StringComparison.Ordinal)).Score);
                }
            )
        );
    }

    [Fact]
    public void Text_without_a_word_of_the_list_has_no_opinion()
    {
        foreach (var title in new[] { "", "?", "not", "sharply", "不 bitcoin", "The weather in Lisbon" })
            Assert.True(double.IsNaN(Lexicon.Score(title).Score), title);
    }

    [Theory]
    [
        InlineData("opinion\tgood"),
        InlineData("opinion\tgood\t4"),
        InlineData("opinion\tgood\t0"),
        InlineData("praise\tgood\t1"),
        InlineData("opinion\tgood\tx"),
        InlineData("doubt\tmay\t1")
    ]
    public void A_line_that_is_not_of_its_form_is_named(string line) =>
        Assert.Contains(
            line,
            Assert.Throws<FormatException>(() => NewsLexicon.Parse([line])).Message,
            StringComparison.Ordinal
        );

    [Fact]
    public void A_term_is_there_once() =>
        Assert.Throws<FormatException>(() => NewsLexicon.Parse(["opinion\tgood\t1", "opinion\tgood\t2"]));

    [Theory]
    [
        InlineData("Bitcoin and Ether fall", "BTC,ETH"),
        InlineData("SOL jumps, sol is a sun and SOLID is no coin", "SOL"),
        InlineData("El sol sale", "")
    ]
    [
        InlineData("LINK to the past: prices NEAR the top", ""),
        InlineData("Buy $LINK now", "LINK"),
        InlineData("Chainlink (LINK) and NEAR Protocol", "LINK,NEAR")
    ]
    [
        InlineData("Bitcoin Cash forks", "BCH"),
        InlineData("Bitcoin and Bitcoin Cash", "BTC,BCH"),
        InlineData("ethereum classic is attacked", "ETC")
    ]
    [
        InlineData("BTC/USDT slides", "BTC"),
        InlineData("A WORD about WORD", ""),
        InlineData("$WORD to the moon (WORD)", "WORD")
    ]
    public void Currencies_are_known_by_name_and_by_code_where_it_is_no_word(string title, string codes) =>
        Assert.Equal(codes, string.Join(',', CurrencyNames.With(["BTC", "WORD"]).In(title)));
}
