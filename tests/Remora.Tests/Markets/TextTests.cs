using FsCheck;
using FsCheck.Fluent;
using Remora.Markets;

namespace Remora.Tests.Markets;

/// <summary>Pairs, timeframes and moments as text.</summary>
public sealed class TextTests
{
    private static readonly Gen<string> Code = Gen.NonEmptyListOf(Gen.Elements("ABCXYZabc0189._-".ToCharArray()))
        .Select(c => new string([.. c.Take(12)]));

    [Fact]
    public void A_pair_is_read_back_from_its_text() =>
        Prop.ForAll(
                Code.ToArbitrary(),
                Code.ToArbitrary(),
                Gen.OrNull(Code).ToArbitrary(),
                (@base, quote, settle) =>
                {
                    var pair = Pair.Parse(settle is null ? $"{@base}/{quote}" : $"{@base}/{quote}:{settle}");
                    Assert.Equal(
                        (@base.ToUpperInvariant(), quote.ToUpperInvariant(), settle?.ToUpperInvariant()),
                        (pair.Base, pair.Quote, pair.Settle)
                    );
                    Assert.Equal(pair, Pair.Parse(pair.ToString()));
                    Assert.Equal(pair, Pair.Parse(pair.ToString().ToLowerInvariant()));
                    Assert.Equal(pair.GetHashCode(), Pair.Parse(pair.ToString()).GetHashCode());
                }
            )
            .MustHold();

    [Theory]
    [
        InlineData(null),
        InlineData(""),
        InlineData("BTC"),
        InlineData("BTCUSDT"),
        InlineData("/USDT"),
        InlineData("BTC/"),
        InlineData("BTC/USDT:"),
        InlineData("BTC:USDT/X")
    ]
    [
        InlineData("BTC/USDT/EUR"),
        InlineData("BTC/USDT:A:B"),
        InlineData("BTC /USDT"),
        InlineData("BTC/US DT"),
        InlineData("ВТС/USDT"),
        InlineData("BTC/USDT\n"),
        InlineData("../..:")
    ]
    public void What_is_no_pair_is_refused(string? text)
    {
        Assert.False(Pair.TryParse(text, out _));
        if (text is not null)
            Assert.Contains("BASE/QUOTE", Assert.Throws<FormatException>(() => Pair.Parse(text)).Message);
    }

    [Fact]
    public void A_pair_has_a_longest_length()
    {
        Assert.True(Pair.TryParse(new string('A', Pair.MaxLength - 2) + "/B", out _));
        Assert.False(Pair.TryParse(new string('A', Pair.MaxLength - 1) + "/B", out _));
    }

    [Fact]
    public void No_text_at_all_makes_a_parser_throw() =>
        Prop.ForAll(
                ArbMap.Default.ArbFor<string>(),
                text =>
                {
                    if (Pair.TryParse(text, out var pair))
                        Assert.Equal(pair, Pair.Parse(pair.ToString()));
                    if (Timeframe.TryParse(text, out var timeframe))
                        Assert.Equal(text, timeframe.Name);
                    if (Instant.TryParse(text, out var instant))
                        Assert.True(Instant.TryParse(instant.ToString(), out _));
                }
            )
            .MustHold();

    [Fact]
    public void Timeframes_divide_a_day_and_are_known_by_name()
    {
        Assert.Equal(12, Timeframe.Known.Count);
        foreach (var timeframe in Timeframe.Known)
        {
            Assert.Same(timeframe, Timeframe.Parse(timeframe.ToString()));
            Assert.Equal(TimeSpan.FromDays(1), timeframe.CountIn(TimeSpan.FromDays(1)) * timeframe.Length);
        }
        Assert.Equal(Timeframe.Known.OrderBy(t => t.Length), Timeframe.Known);
        Assert.Contains("5m, 15m", Assert.Throws<FormatException>(() => Timeframe.Parse("7m")).Message);
        foreach (var wrong in new[] { null, "", "5", "5M", "05m", " 5m", "1w" })
            Assert.False(Timeframe.TryParse(wrong, out _));
    }

    [Fact]
    public void A_moment_is_read_back_from_its_text() =>
        Prop.ForAll(
                Any.Instant,
                instant =>
                {
                    var ms = instant.UnixMilliseconds;
                    Assert.True(Instant.TryParse(instant.ToString(), out var again));
                    Assert.Equal(instant, again);
                    Assert.Equal(instant, Instant.From(instant.ToDateTimeOffset()));
                    if (Math.Abs(ms) >= 1_000_000_000)
                    {
                        Assert.True(Instant.TryParse($"{ms}", out again));
                        Assert.Equal(instant, again);
                    }
                }
            )
            .MustHold();

    [Theory]
    [
        InlineData("2022-06-13T08:00:00Z", 1655107200000),
        InlineData("2022-06-13T10:00:00+02:00", 1655107200000),
        InlineData("2022-06-13T08:00:00", 1655107200000)
    ]
    [
        InlineData("2022-06-13T08:00Z", 1655107200000),
        InlineData("2022-06-13 08:00:00", 1655107200000),
        InlineData("2022-06-13", 1655078400000)
    ]
    [
        InlineData("2022-06-13T08:00:00.5Z", 1655107200500),
        InlineData("2022-06-13T08:00:00.1239999Z", 1655107200123),
        InlineData("1655107200000", 1655107200000)
    ]
    public void Iso_8601_and_unix_milliseconds_are_read(string text, long milliseconds)
    {
        Assert.True(Instant.TryParse(text, out var instant));
        Assert.Equal(milliseconds, instant.UnixMilliseconds);
    }

    /// <summary>Includes texts that a parser would complete from today's date.</summary>
    [Theory]
    [
        InlineData(null),
        InlineData(""),
        InlineData("  "),
        InlineData("12:00"),
        InlineData("08:00:00Z"),
        InlineData("2022"),
        InlineData("20220613"),
        InlineData("June 13"),
        InlineData("13 June 2022")
    ]
    [
        InlineData("06/13/2022"),
        InlineData("06-13"),
        InlineData("2022-13-01"),
        InlineData("2022-02-30"),
        InlineData("9999999999999999999"),
        InlineData("9999-12-31T23:59:59-14:00"),
        InlineData("-1")
    ]
    public void What_is_no_moment_is_refused(string? text) => Assert.False(Instant.TryParse(text, out _));

    [Fact]
    public void A_floor_is_the_latest_multiple() =>
        Prop.ForAll(
                Any.Instant,
                Gen.Elements(Timeframe.Known.ToArray()).ToArbitrary(),
                (instant, timeframe) =>
                {
                    var floor = instant.Floor(timeframe.Length);
                    Assert.Equal(0, floor.UnixMilliseconds % (long)timeframe.Length.TotalMilliseconds);
                    Assert.InRange(
                        instant.UnixMilliseconds - floor.UnixMilliseconds,
                        0,
                        (long)timeframe.Length.TotalMilliseconds - 1
                    );
                }
            )
            .MustHold();

    [Fact]
    public void Moments_compare_and_add_as_numbers_do() =>
        Prop.ForAll(
                Any.Instant,
                Any.Instant,
                (x, y) =>
                {
                    var (a, b) = (x.UnixMilliseconds, y.UnixMilliseconds);
                    Assert.Equal(
                        ((a < b), (a > b), (a <= b), (a >= b), a.CompareTo(b)),
                        ((x < y), (x > y), (x <= y), (x >= y), x.CompareTo(y))
                    );
                    Assert.Equal(y, x + (y - x));
                    Assert.Equal(x, y - (y - x));
                }
            )
            .MustHold();
}
