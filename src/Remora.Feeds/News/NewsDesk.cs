using System.Text;
using Remora.Feeds.Http;
using Remora.Feeds.Time;
using Remora.Markets;

namespace Remora.Feeds.News;

/// <summary>Polls one outlet at its own interval.</summary>
internal sealed class NewsDesk
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(10);
    private readonly NewsSource _source;
    private readonly TimeProvider _clock;
    private readonly BoundedGet _get;
    private readonly SourceHealthTracker _health;
    private readonly PollLoop _loop;
    private HttpAnswer? _last;

    public NewsDesk(NewsSource source, HttpClient http, HttpSourceOptions options, TimeProvider clock, int seed)
    {
        (_source, _clock) = (source, clock);
        _get = new(http, source.Url, source.Credential, options, clock);
        _health = new(source.Name, [Signal.NewsSentiment], clock);
        _loop = new(_health, options.Interval ?? Interval, options.Backoff, clock, seed);
    }

    /// <summary>
    /// The health of the outlet. It delivers headlines rather than values, so its state has no
    /// meaning.
    /// </summary>
    public SourceHealth Health => _health.Read();

    /// <summary>Whether a request is due.</summary>
    public bool IsDue => Health.NextTry is not { } next || next <= _clock.Now();

    /// <summary>
    /// Requests the page of headlines; returns null after a failure. An unmodified page is parsed
    /// again, because its dates are compared with the current time.
    /// </summary>
    public async Task<NewsPage?> RequestAsync(CancellationToken cancellation)
    {
        NewsPage? page = null;
        await _loop.StepAsync(
            async token =>
            {
                var answer = await _get.SendAsync(_last, null, token);
                page = _source.Read(answer.Body, _clock.Now());
                _last = answer;
                _health.Succeeded();
            },
            cancellation
        );
        return page;
    }

    /// <summary>Sends one request and returns the result. Does not change the state.</summary>
    public async Task<(SourceTrial Trial, NewsPage? Page)> TryAsync(CancellationToken cancellation)
    {
        NewsPage? page = null;
        var trial = await SourceTrial.RunAsync(
            _get.Url.ToString(),
            _source.Name,
            _clock.Now,
            async received =>
            {
                var answer = await _get.SendAsync(null, null, cancellation);
                received(Encoding.UTF8.GetString(answer.Body));
                page = _source.Read(answer.Body, _clock.Now());
                return [];
            }
        );
        return (trial, page);
    }
}
