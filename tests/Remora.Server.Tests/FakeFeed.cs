using System.Threading.Channels;
using Remora.Feeds;
using Remora.Feeds.Candles;
using Remora.Markets;

namespace Remora.Server.Tests;

/// <summary>A feed that returns the data of the test.</summary>
internal sealed class FakeFeed(MarketId market) : IMarketFeed
{
    private readonly TaskCompletionSource<ChannelWriter<MarketEvent>> _events = new(
        TaskCreationOptions.RunContinuationsAsynchronously
    );
    private volatile TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public MarketId Market => market;

    public FeedHealth Health { get; set; } =
        new()
        {
            Market = market,
            State = FeedState.Starting,
            Exchange = market.Exchange,
            Refused = new Dictionary<CandleFault, long>(),
            Gaps = [],
        };

    public async Task RunAsync(ChannelWriter<MarketEvent> events, CancellationToken cancellation)
    {
        _events.TrySetResult(events);
        await _end.Task.WaitAsync(cancellation);
    }

    public RefusedPriceLevel? AcceptPriceLevel()
    {
        var refused = Health.RefusedLevel;
        Health = Health with { RefusedLevel = null };
        return refused;
    }

    public async Task SendAsync(MarketEvent marketEvent) => await (await _events.Task).WriteAsync(marketEvent);

    /// <summary>Fails once. The feed works again after a restart.</summary>
    public void Fail(Exception e)
    {
        var end = _end;
        _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
        end.SetException(e);
    }
}

/// <summary>A source that returns the data of the test.</summary>
internal sealed class FakeSource(string name, params IReadOnlyList<Signal> signals) : ISourceFeed
{
    private readonly TaskCompletionSource<ChannelWriter<MarketEvent>> _events = new(
        TaskCreationOptions.RunContinuationsAsynchronously
    );

    public string Name => name;

    public SourceHealth Health { get; set; } =
        new()
        {
            Name = name,
            Signals = signals,
            State = FeedState.Starting,
            Latest = [],
        };

    public async Task RunAsync(ChannelWriter<MarketEvent> events, CancellationToken cancellation)
    {
        _events.SetResult(events);
        await Task.Delay(Timeout.Infinite, cancellation);
    }

    public async Task SendAsync(Observation observation)
    {
        await (await _events.Task).WriteAsync(MarketEvent.Observed(observation));
        Health = Health with { State = FeedState.Live, Latest = [observation], LastSuccess = observation.KnowableAt };
    }
}
