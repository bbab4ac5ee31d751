using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Remora.Feeds.Derivatives;
using Remora.Feeds.Exchanges;
using Remora.Feeds.Http;
using Remora.Feeds.News;
using Remora.Feeds.Sentiment;
using Remora.Feeds.Tests.StandIn;
using Remora.Feeds.Time;
using Remora.Markets;

namespace Remora.Feeds.Tests;

/// <summary>Sources over HTTP, through real sockets.</summary>
public abstract class HttpHealthContract : SourceHealthContract
{
    private readonly HttpClient _http = OutsideHttp.NewClient();
    private StandInServer _server = null!;

    /// <summary>The original host and path of the source.</summary>
    private protected abstract string Path { get; }

    private protected abstract ISourceFeed Create(HttpClient http, HttpSourceOptions options);

    /// <summary>Returns a response with values of a moment.</summary>
    private protected abstract string ResponseAt(Instant time);

    protected override async Task<ISourceFeed> CreateAsync()
    {
        _server = await StandInServer.StartAsync();
        return Create(_http, new() { BaseUrl = _server.BaseUrl, Deadline = TimeSpan.FromMinutes(1) });
    }

    protected override async Task SucceedAsync()
    {
        _server.Heal();
        // The next poll is at the time that the clock then has.
        _server.Bodies[Path] = ResponseAt(Feed.Health.NextTry ?? Clock.Now());
        await PollAsync();
    }

    protected override Task FailAsync()
    {
        _server.FailAll("html 502");
        return PollAsync();
    }

    protected override Task ExpireAsync() => PollUntilExpiredAsync();

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _http.Dispose();
        await _server.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}

public sealed class HttpSourceHealthTests : HttpHealthContract
{
    private protected override string Path => "api.alternative.me/fng/";

    private protected override ISourceFeed Create(HttpClient http, HttpSourceOptions options) =>
        new HttpSourceFeed(FearGreed.Source, http, options, Clock);

    private protected override string ResponseAt(Instant time) =>
        $$"""{"data": [{"value": "30", "timestamp": "{{time.UnixMilliseconds / 1000}}"}]}""";
}

public sealed class FallbackHealthTests : HttpHealthContract
{
    private protected override string Path => "api.alternative.me/fng/";

    private protected override ISourceFeed Create(HttpClient http, HttpSourceOptions options) =>
        new FallbackFeed([new HttpSourceFeed(FearGreed.Source, http, options, Clock)], Clock);

    private protected override string ResponseAt(Instant time) =>
        $$"""{"data": [{"value": "30", "timestamp": "{{time.UnixMilliseconds / 1000}}"}]}""";
}

public sealed class NewsHealthTests : HttpHealthContract
{
    private protected override string Path => "paper.example/feed";

    private protected override ISourceFeed Create(HttpClient http, HttpSourceOptions options) =>
        new NewsFeed(
            ["BTC"],
            [new("paper", new($"https://{Path}"), (body, now) => Syndication.Read(body, "paper", now))],
            http,
            options,
            Clock
        );

    private protected override string ResponseAt(Instant time)
    {
        // Twenty hours old, so that they soon count no longer.
        var published = (time - TimeSpan.FromHours(20)).ToDateTimeOffset().ToString("R");
        var items = Enumerable
            .Range(0, 6)
            .Select(i =>
                $"<item><title>Market crashes {i} at "
                + $"{time.UnixMilliseconds}</title><pubDate>{published}</pubDate></item>"
            );
        return $"<rss version=\"2.0\"><channel>{string.Concat(items)}</channel></rss>";
    }
}

public sealed class PerpetualHealthTests : SourceHealthContract, IPerpetualSource
{
    private ExchangeException? _failure;
    private Instant _at;

    public string Id => "binance";

    public Task<FundingRate> FundingRateAsync(string perpetual, CancellationToken cancellation) =>
        _failure is null ? Task.FromResult(new FundingRate(0.0001, 8, _at)) : Task.FromException<FundingRate>(_failure);

    public Task<OpenInterest> OpenInterestAsync(string perpetual, CancellationToken cancellation) =>
        Task.FromResult(new OpenInterest(1e6, _at));

    protected override Task<ISourceFeed> CreateAsync() =>
        Task.FromResult<ISourceFeed>(new PerpetualFeed("BTC", [this], clock: Clock));

    protected override Task SucceedAsync()
    {
        (_failure, _at) = (null, Feed.Health.NextTry ?? Clock.Now());
        return PollAsync();
    }

    protected override Task FailAsync()
    {
        _failure = new(ExchangeErrorKind.Network, "the connection was reset");
        return PollAsync();
    }

    protected override Task ExpireAsync() => PollUntilExpiredAsync();
}

public sealed class LiquidationHealthTests : SourceHealthContract, ILiquidationSource
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private Channel<LiquidationEvent> _stream = NewStream();
    private volatile bool _isConnected;
    private bool _isOpen;
    private int _sent;
    private int _processed;

    public string Id => "binance";

    public async IAsyncEnumerable<LiquidationEvent> LiquidationsAsync(
        IReadOnlyList<string> perpetuals,
        [EnumeratorCancellation] CancellationToken cancellation
    )
    {
        _isConnected = true;
        await foreach (var one in _stream.Reader.ReadAllAsync(cancellation))
        {
            yield return one;
            Interlocked.Increment(ref _processed);
        }
    }

    protected override Task<ISourceFeed> CreateAsync() =>
        Task.FromResult<ISourceFeed>(
            new LiquidationFeed(["BTC"], [this], new(TimeSpan.FromSeconds(2), TimeSpan.FromMinutes(5)), Clock)
        );

    /// <summary>A whole hour is received.</summary>
    protected override async Task SucceedAsync()
    {
        await ConnectAsync();
        var before = Feed.Health.LastSuccess;
        for (var i = 0; i < 2; i++)
        {
            Clock.AdvanceTo((Clock.Now().Floor(Hour) + Hour + TimeSpan.FromMinutes(1)).ToDateTimeOffset());
            await SendAsync(new(LiquidationEventKind.Alive));
        }
        await Eventually.True(
            () => Feed.Health.LastSuccess is { } last && last != before,
            "a whole hour was received",
            60
        );
    }

    protected override async Task FailAsync()
    {
        await ConnectAsync();
        var failures = Feed.Health.ConsecutiveFailures;
        var stream = _stream;
        (_stream, _isConnected, _isOpen) = (NewStream(), false, false);
        stream.Writer.Complete(new ExchangeException(ExchangeErrorKind.Network, "the connection was reset"));
        await Eventually.True(
            () => Feed.Health.ConsecutiveFailures == failures + 1 && Clock.NextDue is not null,
            "lost",
            60
        );
    }

    /// <summary>The connection is open, and nothing is received.</summary>
    protected override Task ExpireAsync()
    {
        Clock.Advance(TimeSpan.FromHours(3));
        return Task.CompletedTask;
    }

    private async Task ConnectAsync()
    {
        Run();
        if (!_isConnected && Feed.Health.NextTry is { } next)
            Clock.AdvanceTo(next.ToDateTimeOffset());
        await Eventually.True(() => _isConnected, "connected", 60);
        if (!_isOpen)
            await SendAsync(new(LiquidationEventKind.Opened));
        _isOpen = true;
    }

    private async Task SendAsync(LiquidationEvent one)
    {
        _sent++;
        await _stream.Writer.WriteAsync(one);
        await Eventually.True(() => Volatile.Read(ref _processed) == _sent, "processed", 60);
    }

    private static Channel<LiquidationEvent> NewStream() => Channel.CreateUnbounded<LiquidationEvent>();
}
