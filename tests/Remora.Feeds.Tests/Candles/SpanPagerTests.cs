using FsCheck;
using FsCheck.Fluent;
using Remora.Feeds.Candles;
using Remora.Markets;

namespace Remora.Feeds.Tests.Candles;

public sealed class SpanPagerTests
{
    private static readonly Timeframe Step = Timeframe.FiveMinutes;
    private static readonly Instant Start = Instant.From(new(2024, 1, 1, 0, 0, 0, TimeSpan.Zero));

    /// <summary>How an exchange interprets 'since' and 'limit'.</summary>
    private enum Manner
    {
        SkipsHoles, // the next candles that exist, up to the limit: Binance, Bybit
        Window, // what exists within a window of the limit: Coinbase, OKX
        LatestOnly, // its last candles, whatever is requested: Kraken
    }

    [Fact]
    public void Every_candle_there_is_comes_once_in_order_in_a_bounded_number_of_requests()
    {
        var cases =
            from length in Gen.Choose(0, 400)
            from present in Gen.ArrayOf(Gen.Frequency((3, Gen.Constant(true)), (1, Gen.Constant(false))), length)
            from holeFrom in Gen.Choose(0, 400)
            from holeLength in Gen.Choose(0, 200)
            from pageLimit in Gen.Choose(10, 100)
            from given in Gen.Choose(10, 100)
            from manner in Gen.Elements(Enum.GetValues<Manner>())
            from isUntilNow in Gen.Elements(true, false)
            select (present, holeFrom, holeLength, pageLimit, given: Math.Min(given, pageLimit), manner, isUntilNow);
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(500),
            Prop.ForAll(
                cases.ToArbitrary(),
                c =>
                {
                    var exists = c
                        .present.Select((there, i) => there && (i < c.holeFrom || i >= c.holeFrom + c.holeLength))
                        .ToArray();
                    var all = Enumerable.Range(0, exists.Length).Where(i => exists[i]).ToArray();
                    var pager = new SpanPager(Step, Start, At(exists.Length), c.pageLimit, c.isUntilNow);
                    var requests = 0;
                    while (!pager.IsDone)
                    {
                        Assert.True(++requests <= exists.Length + 1, "it asks for ever");
                        var from = Step.CountIn(pager.Cursor - Start);
                        var limit = pager.LimitAt(At(exists.Length + requests)); // time passes in between
                        // An exchange that treats 'limit' as a window always honours it. One that
                        // skips gaps may cap a page at any size.
                        var page = c.manner switch
                        {
                            Manner.SkipsHoles => all.Where(i => i >= from).Take(Math.Min(limit, c.given)),
                            Manner.Window => all.Where(i => i >= from && i < from + limit),
                            _ => all.TakeLast(c.given).Where(i => i >= from),
                        };
                        pager.Accept([.. page.Select(i => new Candle(At(i), 1, 1, 1, 1, 1))], limit);
                    }
                    var expected = c.manner == Manner.LatestOnly ? all.TakeLast(c.given) : all;
                    Assert.Equal(expected, pager.Candles.Select(candle => Step.CountIn(candle.OpenTime - Start)));
                    Assert.Equal(1, pager.Ratio);
                }
            )
        );
    }

    private static Instant At(int index) => Start + (Step.Length * index);
}
