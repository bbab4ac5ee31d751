using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Remora.Feeds.Http;
using Remora.Feeds.Time;
using Remora.Markets;

namespace Remora.Feeds.News;

/// <summary>Polls one outlet at its own interval.</summary>
internal sealed class NewsDesk(NewsSource source, HttpClient http, HttpSourceOptions options, TimeProvider clock, Random random)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(10);
    private readonly BoundedGet _get = new(http, source.Url, source.Credential, options, clock);
    private HttpAnswer? _last;

    /// <summary>When the next request is due; null before the first.</summary>
    public Instant? NextTry { get; private set; }

    /// <summary>When the last valid response arrived.</summary>
    public Instant? LastSuccess { get; private set; }

    /// <summary>The last failure.</summary>
    public FeedError? LastError { get; private set; }

    /// <summary>The number of failures since the last success.</summary>
    public int Failures { get; private set; }

    /// <summary>
    /// Returns the page of headlines; null after a failure. An unmodified page is parsed again,
    /// because its dates are compared with the current time.
    /// </summary>
    public async Task<NewsPage?> AskAsync(CancellationToken cancellation)
    {
        try
        {
            var answer = await _get.SendAsync(_last, null, cancellation);
            var page = source.Read(answer.Body, clock.Now());
            _last = answer;
            (Failures, LastSuccess) = (0, clock.Now());
            NextTry = clock.Now() + (Interval * (1 + (Jitter() / 20)));
            return page;
        }
        catch (SourceException e)
        {
            return Failed(e.Kind, e.Message, e.RetryAfter);
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            return Failed("bad_response", e.Message, null);
        }
    }

    /// <summary>Sends one request and returns the result. Does not change the state.</summary>
    public async Task<(SourceTrial Trial, NewsPage? Page)> TryAsync(CancellationToken cancellation)
    {
        var raw = "";
        // Measures real time, independent of the feed's clock.
        var started = Stopwatch.GetTimestamp();
        (SourceTrial, NewsPage?) Gave(NewsPage? page, FeedError? error) => (new(_get.Url.ToString(), raw, [], error, Stopwatch.GetElapsedTime(started)), page);
        try
        {
            var answer = await _get.SendAsync(null, null, cancellation);
            raw = Encoding.UTF8.GetString(answer.Body);
            return Gave(source.Read(answer.Body, clock.Now()), null);
        }
        catch (SourceException e)
        {
            return Gave(null, new(e.Kind, $"{source.Name}: {e.Message}", clock.Now()));
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            return Gave(null, new("bad_response", $"{source.Name}: {e.Message}", clock.Now()));
        }
    }

    private NewsPage? Failed(string kind, string message, TimeSpan? retryAfter)
    {
        Failures++;
        LastError = new(kind, $"{source.Name}: {message}", clock.Now());
        lock (random) NextTry = clock.Now() + options.Backoff.After(Failures, retryable: true, retryAfter, random);
        return null;
    }

    private double Jitter()
    {
        lock (random) return random.NextDouble();
    }
}
