using System.Threading.Channels;
using Remora.Feeds.Time;
using Remora.Markets;
using Remora.Testing;

namespace Remora.Feeds.Tests;

/// <summary>
/// The rule for the state of an outside source. Each kind of source inherits these tests.
/// </summary>
public abstract class SourceHealthContract : IAsyncLifetime
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<MarketEvent> _events = Channel.CreateUnbounded<MarketEvent>();
    private Task? _running;

    /// <summary>The clock of the feed. Only the test moves it.</summary>
    protected ManualClock Clock { get; } = new(Some.At("2025-03-10T12:58:30Z").ToDateTimeOffset());

    /// <summary>The feed.</summary>
    protected ISourceFeed Feed { get; private set; } = null!;

    /// <summary>Prepares the source, and returns its feed.</summary>
    protected abstract Task<ISourceFeed> CreateAsync();

    /// <summary>The source delivers new values.</summary>
    protected abstract Task SucceedAsync();

    /// <summary>The source fails once.</summary>
    protected abstract Task FailAsync();

    /// <summary>The source responds without new values until those it delivered expire.</summary>
    protected abstract Task ExpireAsync();

    public async ValueTask InitializeAsync() => Feed = await CreateAsync();

    public virtual async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        if (_running is not null)
            await _running;
        _stop.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_source_that_has_not_responded_is_starting_and_unreachable_after_one_failure()
    {
        Assert.Equal(FeedState.Starting, Feed.Health.State);
        await FailAsync();
        Assert.Equal((FeedState.Unreachable, 1), (Feed.Health.State, Feed.Health.ConsecutiveFailures));
        Assert.NotNull(Feed.Health.LastError);
        Assert.True(Feed.Health.NextTry > Clock.Now());
        await SucceedAsync();
        Assert.Equal((FeedState.Live, 0), (Feed.Health.State, Feed.Health.ConsecutiveFailures));
        Assert.NotNull(Feed.Health.LastError);
    }

    [Fact]
    public async Task A_source_that_responded_is_degraded_after_a_failure_and_unreachable_after_three()
    {
        await SucceedAsync();
        Assert.Equal(FeedState.Live, Feed.Health.State);
        Assert.Null(Feed.Health.LastError);
        foreach (
            var expected in new[]
            {
                FeedState.Degraded,
                FeedState.Degraded,
                FeedState.Unreachable,
                FeedState.Unreachable,
            }
        )
        {
            await FailAsync();
            Assert.Equal(expected, Feed.Health.State);
        }
        Assert.Equal(4, Feed.Health.ConsecutiveFailures);
        Assert.True(Feed.Health.Errors.Values.Sum() >= 4);
        Assert.Contains(Feed.Health.LastError!.Kind, Feed.Health.Errors.Keys);
        Assert.True(Feed.Health.Requests >= 5);
        await SucceedAsync();
        Assert.Equal((FeedState.Live, 0), (Feed.Health.State, Feed.Health.ConsecutiveFailures));
    }

    [Fact]
    public async Task A_source_without_new_values_is_degraded_when_one_expires()
    {
        await SucceedAsync();
        Assert.All(Feed.Health.Latest, value => Assert.True(value.ExpiresAt > Clock.Now()));
        await ExpireAsync();
        Assert.Equal((FeedState.Degraded, 0), (Feed.Health.State, Feed.Health.ConsecutiveFailures));
        Assert.Null(Feed.Health.LastError);
        await SucceedAsync();
        Assert.Equal(FeedState.Live, Feed.Health.State);
    }

    /// <summary>Starts the feed, unless it runs.</summary>
    protected void Run() => _running ??= Feed.RunAsync(_events.Writer, _stop.Token);

    /// <summary>Lets the feed poll once, and waits until it waits for the next poll.</summary>
    protected async Task PollAsync()
    {
        var before = Feed.Health.NextTry;
        if (before is { } due)
            Clock.AdvanceTo(due.ToDateTimeOffset());
        Run();
        await Eventually.True(
            () => Feed.Health.NextTry is { } next && next != before && Clock.NextDue == next - Clock.Now(),
            "the poll is done",
            60
        );
    }

    /// <summary>Polls until a value has expired.</summary>
    protected async Task PollUntilExpiredAsync()
    {
        while (Feed.Health.Latest.All(value => value.ExpiresAt > Clock.Now()))
            await PollAsync();
    }
}
