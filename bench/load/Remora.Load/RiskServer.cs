using System.Threading.Channels;
using Remora.Feeds;
using Remora.Markets;
using Remora.Server;
using Remora.Server.Settings;

namespace Remora.Load;

/// <summary>The service with one warm market that receives no further candles.</summary>
internal static class RiskServer
{
    public static async Task<int> RunAsync(int port, string? guardedBy = null)
    {
        var settings = new ServiceSettings { Port = port, Pairs = [Pair.Parse("BTC/USDT")] };
        if (guardedBy is not null)
            settings = settings with { RequireKeys = true, Data = guardedBy, KeyPerMinute = 100_000 };
        var parts = new ServiceParts { Markets = [new WarmFeed(settings.TrackedMarkets[0].Id, TimeProvider.System)] };
        await using var service = await ServiceHost.StartAsync(settings, parts, TimeProvider.System);
        await service.Completion;
        return 0;
    }

    internal sealed class WarmFeed(MarketId market, TimeProvider clock) : IMarketFeed
    {
        private const int Candles = 9000;

        public MarketId Market => market;

        public FeedHealth Health =>
            new()
            {
                Market = market,
                State = FeedState.Live,
                Exchange = market.Exchange,
                Refused = new Dictionary<CandleFault, long>(),
                Gaps = [],
            };

        public async Task RunAsync(ChannelWriter<MarketEvent> events, CancellationToken cancellation)
        {
            var length = market.Timeframe.Length;
            var end = Instant.From(clock.GetUtcNow()).Floor(length);
            var random = new Random(1);
            var price = 50_000.0;
            var candles = Enumerable
                .Range(0, Candles)
                .Select(i =>
                {
                    var open = price;
                    price *= 1 + ((random.NextDouble() - 0.5) / 500);
                    return new Candle(
                        end - (length * (Candles - i)),
                        open,
                        Math.Max(open, price) * 1.0005,
                        Math.Min(open, price) * 0.9995,
                        price,
                        1
                    );
                })
                .ToList();
            await events.WriteAsync(MarketEvent.Recovered(market, new([], [], candles)), cancellation);
            await Task.Delay(Timeout.Infinite, cancellation);
        }
    }
}
