using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Remora.Feeds.Http;
using Remora.Feeds.Time;
using Remora.Markets;

namespace Remora.Feeds.News;

/// <summary>Asks one outlet, at its own pace.</summary>
internal sealed class NewsDesk(NewsSource source, HttpClient http, HttpSourceOptions options, TimeProvider clock, Random random)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(10);
    private readonly BoundedGet _get = new(http, source.Url, source.Credential, options, clock);
    private HttpAnswer? _last;

    /// <summary>When it may be asked again; null before the first time.</summary>
    public Instant? NextTry { get; private set; }

    /// <summary>Its last answer that made sense.</summary>
    public Instant? LastSuccess { get; private set; }

    /// <summary>Its last failure.</summary>
    public FeedError? LastError { get; private set; }

    /// <summary>Failures since the last success.</summary>
    public int Failures { get; private set; }

    /// <summary>The page of headlines; null after a failure. What has not changed since the last time is read again: its dates are judged by the present.</summary>
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

    /// <summary>Asks once, tells what came, and remembers nothing.</summary>
    public async Task<(SourceTrial Trial, NewsPage? Page)> TryAsync(CancellationToken cancellation)
    {
        var raw = "";
        var started = Stopwatch.GetTimestamp(); // how long a person waited, whatever the feed's clock does
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
