using System.Threading.Channels;
using Remora.Feeds.Http;
using Remora.Feeds.Keys;
using Remora.Feeds.Time;
using Remora.Markets;

namespace Remora.Feeds.News;

/// <summary>
/// News sentiment of the whole market and of each base currency, from several outlets. If one
/// fails, the others still count. A value describes the day before the moment at which it was
/// computed, after a request to an outlet, and is knowable from that moment. A headline that was
/// published earlier counts from the moment at which it was fetched.
/// </summary>
public sealed class NewsFeed : ISourceFeed
{
    private static readonly TimeSpan TimeToLive = TimeSpan.FromHours(1);
    private readonly IReadOnlyList<NewsDesk> _desks;
    private readonly NewsBook _book;
    private readonly TimeProvider _clock;
    private readonly SourceHealthTracker _health;
    private volatile NewsReport? _report;

    /// <summary>Creates a feed for these base currencies.</summary>
    /// <param name="bases">The base currencies, each once.</param>
    /// <param name="http">A client of <see cref="OutsideHttp"/>.</param>
    /// <param name="keys">The available keys.</param>
    /// <param name="options">How outlets are polled.</param>
    /// <param name="clock">The clock of the feed.</param>
    public NewsFeed(
        IReadOnlyList<string> bases,
        HttpClient http,
        SourceKeys keys,
        HttpSourceOptions? options = null,
        TimeProvider? clock = null
    )
        : this(bases, NewsSources.With(keys), http, options ?? Options(), clock ?? TimeProvider.System) { }

    internal NewsFeed(
        IReadOnlyList<string> bases,
        IReadOnlyList<NewsSource> sources,
        HttpClient http,
        HttpSourceOptions options,
        TimeProvider clock
    )
    {
        _clock = clock;
        _book = new(bases);
        _desks = [.. sources.Select((source, i) => new NewsDesk(source, http, options, clock, options.Seed + i))];
        _health = new(Name, [Signal.NewsSentiment], clock);
    }

    /// <summary>
    /// How outlets are polled. Their pages are larger than the responses of other sources.
    /// </summary>
    /// <param name="baseUrl">A local server that replaces all outlets; null for the real
    /// ones.</param>
    public static HttpSourceOptions Options(Uri? baseUrl = null) =>
        new() { BaseUrl = baseUrl, MaxResponseBytes = 4 << 20 };

    /// <inheritdoc/>
    public string Name => "news";

    /// <summary>The report behind the last value; null before the first.</summary>
    public NewsReport? Report => _report;

    /// <inheritdoc/>
    public SourceHealth Health => _health.Read();

    /// <inheritdoc/>
    public Task RunAsync(ChannelWriter<MarketEvent> events, CancellationToken cancellation) =>
        PollLoop.RunAsync(token => StepAsync(events, token), _clock, cancellation);

    /// <summary>
    /// Polls the outlets that are due. Returns the time at which the next one is.
    /// </summary>
    private async Task<Instant> StepAsync(ChannelWriter<MarketEvent> events, CancellationToken cancellation)
    {
        var due = _desks.Where(desk => desk.IsDue).ToList();
        var pages = await Task.WhenAll(due.Select(desk => desk.RequestAsync(cancellation)));
        if (pages.Any(page => page is not null))
            await DeliverAsync(pages.OfType<NewsPage>(), events, cancellation);
        var outlets = _desks.Select(desk => desk.Health).ToList();
        _health.Follow(outlets);
        return outlets.Min(outlet => outlet.NextTry!.Value);
    }

    /// <summary>
    /// Polls each outlet once and returns the resulting sentiment. Delivers nothing.
    /// </summary>
    public async Task<NewsTrial> TryAsync(CancellationToken cancellation)
    {
        var answers = await Task.WhenAll(_desks.Select(desk => desk.TryAsync(cancellation)));
        foreach (var headline in answers.SelectMany(answer => answer.Page?.Headlines ?? []))
            _book.Add(headline);
        return new([.. answers.Select(answer => answer.Trial)], _book.Report(_clock.Now()));
    }

    private async Task DeliverAsync(
        IEnumerable<NewsPage> pages,
        ChannelWriter<MarketEvent> events,
        CancellationToken cancellation
    )
    {
        foreach (var headline in pages.SelectMany(page => page.Headlines))
            _book.Add(headline);
        var now = _clock.Now();
        _book.RemoveExpired(now);
        var report = _book.Report(now);
        foreach (var verdict in report.Verdicts.Where(verdict => !double.IsNaN(verdict.Sentiment)))
        {
            var observation = new Observation(
                Signal.NewsSentiment,
                verdict.Base,
                verdict.Sentiment,
                now,
                now,
                TimeToLive,
                Name
            );
            await events.WriteAsync(MarketEvent.Observed(observation), cancellation);
            _health.Delivered(observation);
        }
        _report = report;
    }
}

/// <summary>The result of polling all outlets once.</summary>
/// <param name="Outlets">The result of each outlet.</param>
/// <param name="Report">The resulting report.</param>
public sealed record NewsTrial(IReadOnlyList<SourceTrial> Outlets, NewsReport Report);
