using Remora.Feeds.Candles;
using Remora.Feeds.Exchanges;
using Remora.Markets;
using Remora.Testing;

namespace Remora.Feeds.Tests.Candles;

public sealed class CandleTrialTests
{
    private static readonly Instant Now = Instant.From(new(2024, 3, 10, 12, 2, 0, TimeSpan.Zero));
    private static readonly Timeframe Frame = Timeframe.FiveMinutes;

    [Fact]
    public async Task Closed_candles_that_are_the_same_are_equal()
    {
        var trial = await RunAsync((_, rows) => rows);
        Assert.Equal((CandleTrial.Count, 0, null), (trial.Candles, trial.Different, trial.FirstDifference));
        Assert.Equal(Now.Floor(Frame.Length), trial.Newest);
    }

    [Fact]
    public async Task The_open_candle_late_volumes_and_the_order_do_not_count()
    {
        var trial = await RunAsync(
            (request, rows) =>
                [
                    .. rows.Select((row, i) => i == 0 ? row with { Volume = request } : row)
                        .Append(Candle(Now.Floor(Frame.Length), close: 100 + request))
                        .Reverse(),
                ]
        );
        Assert.Equal((CandleTrial.Count, 0), (trial.Candles, trial.Different));
    }

    [Fact]
    public async Task A_changed_price_is_a_difference()
    {
        var trial = await RunAsync(
            (request, rows) =>
                [
                    .. rows.Select(
                        (row, i) => i == 9 || (request == 2 && i == 7) ? row with { Close = row.Close + 0.5 } : row
                    ),
                ]
        );
        var expected = Now.Floor(Frame.Length) - (Frame.Length * (CandleTrial.Count - 7));
        // The ninth has the other price in both answers.
        Assert.Equal((1, expected), (trial.Different, trial.FirstDifference));
    }

    [Fact]
    public async Task Without_candles_there_is_no_newest()
    {
        var trial = await RunAsync((_, _) => []);
        Assert.Equal((0, null, 0), (trial.Candles, trial.Newest, trial.Different));
    }

    private static Task<CandleTrial> RunAsync(Func<int, IReadOnlyList<Candle>, IReadOnlyList<Candle>> change) =>
        CandleTrial.RunAsync(
            new Exchange(change),
            Pair.Parse("BTC/USDT"),
            Frame,
            new ManualClock(Now.ToDateTimeOffset()),
            TestContext.Current.CancellationToken
        );

    private static Candle Candle(Instant opened, double close = 100) => new(opened, 100, 102, 98, close, 5);

    private sealed class Exchange(Func<int, IReadOnlyList<Candle>, IReadOnlyList<Candle>> change) : ICandleSource
    {
        private int _requests;

        public string Id => "made-up";

        public Task<ExchangeDescription> DescribeAsync(CancellationToken cancellation) =>
            throw new NotSupportedException();

        public Task<IReadOnlyList<Candle>> CandlesAsync(CandleRequest request, CancellationToken cancellation) =>
            Task.FromResult(
                change(
                    ++_requests,
                    [
                        .. Enumerable
                            .Range(0, request.Limit)
                            .Select(i => Candle(request.Since + (request.Timeframe.Length * i))),
                    ]
                )
            );
    }
}
