using Microsoft.Extensions.Logging.Abstractions;
using Remora.Backtest.Forecasts;
using Remora.Markets;
using Remora.Risk;
using Remora.Server.Answers;
using Remora.Server.Api.TrackRecord;
using Remora.Server.Grading;
using Remora.Server.Portfolios;
using Remora.Store.Tables;
using Remora.Testing;

namespace Remora.Store.Tests.TrackRecord;

/// <summary>The record of books: what is kept, and how it is graded.</summary>
public sealed class BookRecordTests(Engine engine)
{
    private const int Warm = 17; // days before the record
    private const int Recorded = 8;
    private const double Within = 1e-9;
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly Instant Start = Some.Midnight;
    private static readonly Instant Begin = Start + TimeSpan.FromDays(Warm);
    private static readonly Instant Now = Begin + TimeSpan.FromDays(Recorded);

    private static readonly MarketId[] Markets = [Some.Btc, Some.Eth, Some.MarketOf("SOL/USDT")];

    [Fact]
    public async Task The_fixed_books_are_kept_and_graded_as_a_direct_computation()
    {
        // A volume as that of the markets that forecasts were fitted on. SOL has a hole of an hour.
        var candles = Markets
            .Select((_, i) => Some.Candles(20 + i, (Warm + Recorded) * 288).Select(each => each with { Volume = 1e6 }))
            .Select((all, i) => all.Where(candle => i < 2 || !IsHole(candle.OpenTime)).ToArray())
            .ToArray();
        var store = await engine.NewTablesAsync();
        for (var i = 0; i < Markets.Length; i++)
        {
            var market = Markets[i];
            await store.Client.InsertAsync(
                StoreTable.Candles.Name,
                StoreTable.Candles.Columns,
                candles[i],
                (row, candle) =>
                    StoreTable.Candles.Write(
                        row,
                        StoredCandle.Of(market.Exchange, market.Pair, market.Timeframe, candle),
                        1
                    )
            );
        }
        var kept = Keep(candles);
        await store.Client.InsertAsync(
            StoreTable.Books.Name,
            StoreTable.Books.Columns,
            kept,
            (writer, row) => StoreTable.Books.Write(writer, row, 1)
        );
        var rows = await store.Books.ListAsync(Instant.MinValue, Now);
        Assert.Equal(kept.Select(row => (row.Bot, row.At)).Order(), rows.Select(row => (row.Bot, row.At)).Order());
        var returns = new Dictionary<string, IReadOnlyDictionary<Instant, double[]>>();
        foreach (var market in Markets)
            returns[market.Pair.ToString()] = await store.Record.ReturnsAsync(market, Begin, Now);
        foreach (var (name, positions) in BookKeeper.Fixed)
        {
            var own = rows.Where(row => row.Bot == name).ToList();
            var hasSol = positions.Count == 3;
            Assert.True(own.Count >= (Recorded * 24) - (hasSol ? 30 : 1), $"{name}: {own.Count}");
            var graded = BookGrader.Grade(own, null, Now, Now, pair => returns.GetValueOrDefault(pair));
            Assert.False(graded.Followed);
            Assert.Equal(own[0].At, graded.Since);
            Assert.Equal(graded.Hours, graded.Graded + graded.NotGraded.Values.Sum());
            Assert.Equal(24, graded.NotGraded["not_passed"]);
            Assert.Equal(hasSol, graded.NotGraded.ContainsKey("gap"));
            Compare(own, candles, graded);
        }
    }

    private static List<BookRow> Keep(Candle[][] candles)
    {
        var remora = new RemoraEngine([BuiltInPolicies.Default], []);
        var clock = new ManualClock(Start.ToDateTimeOffset());
        var keeper = new CorrelationKeeper(remora.Correlations, null, NullLogger.Instance);
        var board = new AssessmentBoard(Markets, remora.Policies, clock);
        var risk = new BookRisk(board, keeper);
        var next = new int[Markets.Length];
        var kept = new List<BookRow>();
        for (var time = Start + Hour; time < Now; time += Hour)
        {
            for (var i = 0; i < Markets.Length; i++)
            for (; next[i] < candles[i].Length && candles[i][next[i]].OpenTime < time; next[i]++)
            {
                var closed = MarketEvent.Closed(Markets[i], candles[i][next[i]]);
                if (remora.Apply(closed) is { } assessment && candles[i][next[i]].OpenTime + Step == time)
                    board.Publish(Markets[i], 0, assessment);
                keeper.Applied(closed, isBusy: false);
            }
            clock.Advance((time + TimeSpan.FromSeconds(5)).ToDateTimeOffset() - clock.GetUtcNow());
            if (time >= Begin)
                kept.AddRange(BookKeeper.Due(Markets, board, risk));
        }
        Assert.Empty(BookKeeper.Due([Some.Btc], board, risk)); // ETH is not one of the settings
        clock.Advance(TimeSpan.FromMinutes(16));
        Assert.Empty(BookKeeper.Due(Markets, board, risk)); // too late
        return kept;
    }

    private static readonly TimeSpan Step = TimeSpan.FromMinutes(5);

    private static bool IsHole(Instant time) =>
        time >= Begin + TimeSpan.FromHours(75) && time < Begin + TimeSpan.FromHours(76);

    private static void Compare(List<BookForecast> rows, Candle[][] candles, BookScorecard graded)
    {
        var closes = candles.Select(all => all.ToDictionary(candle => candle.OpenTime + Step, c => c.Close)).ToArray();
        var (bias, count, slots) = (0.0, 0, 0);
        var (hits, losses, expected) = (new int[2], new double[2], new double[2]);
        foreach (var row in rows.Where(row => row.At + TimeSpan.FromHours(24) + Step <= Now))
        {
            var held = Markets
                .Index()
                .Where(market => row.Pairs.Contains(market.Item.Pair.ToString()))
                .Select(market =>
                    (
                        Closes: closes[market.Index],
                        Weight: row.Weights[row.Pairs.ToList().IndexOf(market.Item.Pair.ToString())]
                    )
                )
                .ToArray();
            var ends = Enumerable.Range(0, 289).Select(k => row.At + (k * Step)).ToArray();
            if (!held.All(each => ends.All(each.Closes.ContainsKey)))
                continue;
            var variance = ends.Zip(ends.Skip(1))
                .Sum(step =>
                    Math.Pow(
                        held.Sum(each => each.Weight * Math.Log(each.Closes[step.Second] / each.Closes[step.First])),
                        2
                    )
                );
            bias += Math.Log(row.Volatility * row.Volatility / variance);
            count++;
            if (row.At.Floor(TimeSpan.FromDays(1)) != row.At)
                continue;
            slots++;
            var loss = -held.Sum(each => each.Weight * ((each.Closes[ends[^1]] / each.Closes[row.At]) - 1));
            for (var level = 0; level < 2; level++)
                if (loss > row.ValueAtRisk[level])
                {
                    hits[level]++;
                    losses[level] += loss;
                    expected[level] += row.ExpectedShortfall[level];
                }
        }
        Assert.True(count > 100);
        Assert.Equal((count, slots), (graded.Graded, graded.Independent));
        Assert.Equal(bias / count, graded.Bias, Within);
        foreach (var (level, (name, rate)) in new[] { ("0.95", 0.05), ("0.99", 0.01) }.Index())
        {
            var score = graded.ValueAtRisk[name];
            var n = rows.Count == 0 || double.IsNaN(rows[0].ValueAtRisk[level]) ? score.N : slots;
            Assert.Equal((hits[level], n), (score.Hits, score.N));
            Assert.Equal(rate * n, score.Expected, Within);
            Assert.Equal(HitTests.Kupiec(score.Hits, score.N, rate), score.KupiecP);
            Assert.Equal(hits[level] == 0 ? double.NaN : losses[level] / expected[level], score.Shortfall, Within);
        }
    }

    [Fact]
    public void Each_hour_is_graded_or_has_a_reason()
    {
        var returns = Enumerable
            .Range(0, 10 * 24)
            .ToDictionary(hour => Begin + (hour * Hour), _ => Enumerable.Repeat(-0.001, 12).ToArray());
        BookForecast Row(int hour, double volatility = 0.05) =>
            new(
                "http://bot:8080",
                Begin + (hour * Hour),
                Begin + (hour * Hour),
                false,
                volatility,
                [0.1, 1.0],
                [0.2, 2.0],
                ["BTC/USDT"],
                [0.5]
            );
        BookForecast[] rows =
        [
            Row(0),
            Row(1) with
            {
                AsOf = Begin + (1 * Hour) + TimeSpan.FromMinutes(16),
            },
            Row(2) with
            {
                InSample = true,
            },
            Row(3, volatility: 0),
            Row(4) with
            {
                AsOf = null,
            },
            Row(5) with
            {
                AsOf = Begin + (3 * Hour),
            },
            Row(24) with
            {
                Pairs = ["BTC/USDT", "BTC/USDT"],
                Weights = [0.75, -0.25],
            },
            Row(25) with
            {
                Pairs = ["ETH/USDT"],
            },
            Row(26) with
            {
                Pairs = ["BTC/USDT", "BTC/USDT"],
                Weights = [0.5, -0.5],
            },
            Row(48) with
            {
                ValueAtRisk = [double.NaN, double.NaN],
            },
        ];
        var now = Begin + (73 * Hour);
        var graded = BookGrader.Grade(rows, null, now, now, pair => pair == "BTC/USDT" ? returns : null);
        Assert.True(graded.Followed);
        Assert.Equal((73, 3, 3), (graded.Hours, graded.Graded, graded.Independent));
        Assert.Equal(
            new Dictionary<string, long>
            {
                ["gap"] = 2,
                ["in_sample"] = 1,
                ["late"] = 1,
                ["no_answer"] = 39,
                ["no_forecast"] = 3,
                ["not_passed"] = 24,
            },
            graded.NotGraded
        );
        // A fall of 0.001 in each of 288 candles: half of it is 12.5 % of the wallet.
        var loss = 0.5 * (1 - Math.Exp(-0.288));
        Assert.Equal(
            (2, 2, 0.1),
            (graded.ValueAtRisk["0.95"].Hits, graded.ValueAtRisk["0.95"].N, graded.ValueAtRisk["0.95"].Expected)
        );
        Assert.Equal(loss / 0.2, graded.ValueAtRisk["0.95"].Shortfall, Within);
        Assert.Equal((0, 2), (graded.ValueAtRisk["0.99"].Hits, graded.ValueAtRisk["0.99"].N));
        Assert.Equal(Math.Log(0.05 * 0.05 / (288 * 0.0005 * 0.0005)), graded.Bias, Within);
        var span = BookGrader.Grade(rows, Begin + TimeSpan.FromMinutes(90), Begin + (3 * Hour), now, _ => returns);
        Assert.Equal((1, 0), (span.Hours, span.Graded));
    }
}
