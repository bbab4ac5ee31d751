using System.Diagnostics;
using System.Threading.Channels;
using Remora.Feeds;
using Remora.Markets;
using Remora.Server;
using Remora.Server.Settings;

namespace Remora.Load;

/// <summary>The service with one warm market and a source with a new value every second.</summary>
internal static class StreamServer
{
    public static async Task<int> RunAsync(int port)
    {
        var settings = new ServiceSettings { Port = port, Pairs = [Pair.Parse("BTC/USDT")] };
        var parts = new ServiceParts
        {
            Markets = [new RiskServer.WarmFeed(settings.TrackedMarkets[0].Id, TimeProvider.System)],
            Sources = [new TickingSource()],
        };
        await using var service = await ServiceHost.StartAsync(settings, parts, TimeProvider.System);
        await service.Completion;
        return 0;
    }

    /// <summary>The value is the clock of the machine in milliseconds at the hand-over.</summary>
    private sealed class TickingSource : ISourceFeed
    {
        public string Name => "ticks";

        public SourceHealth Health =>
            new()
            {
                Name = Name,
                Signals = [Signal.Vix],
                State = FeedState.Live,
                Latest = [],
            };

        public async Task RunAsync(ChannelWriter<MarketEvent> events, CancellationToken cancellation)
        {
            using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
            while (await timer.WaitForNextTickAsync(cancellation))
            {
                var now = Instant.From(TimeProvider.System.GetUtcNow());
                var value = Stopwatch.GetElapsedTime(0).TotalMilliseconds;
                await events.WriteAsync(
                    MarketEvent.Observed(new(Signal.Vix, null, value, now, now, TimeSpan.FromHours(1), Name)),
                    cancellation
                );
            }
        }
    }
}
