using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Remora.Supervision;

namespace Remora.Client;

/// <summary>
/// Follows the event stream across outages, each time at the next service. Closes a connection on
/// which nothing arrives, not even a heartbeat.
/// </summary>
internal sealed class RiskStream(ServiceList services, string path, TimeProvider clock, ILogger log)
{
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(60);
    private static readonly Backoff Backoff = new(TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(30));
    private string? _lastEventId;
    private bool _isInterrupted;
    private int _at = services.Current;
    private bool _movesOn;

    private Endpoint Endpoint => services[_at];

    public async IAsyncEnumerable<Risk> ReadAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        for (var failures = 0; ; )
        {
            await using var events = ConnectionAsync(cancellation).GetAsyncEnumerator(cancellation);
            while (await NextAsync(events, cancellation))
            {
                failures = 0;
                yield return events.Current;
            }
            failures++;
            var isNext = _movesOn && services.Count > 1;
            if (isNext)
                // Ids of events are those of one service
                (_at, _lastEventId) = ((_at + 1) % services.Count, null);
            if (!isNext || failures % services.Count == 0)
                await Task.Delay(
                    Backoff.After(Math.Max(1, failures / services.Count), Random.Shared),
                    clock,
                    cancellation
                );
        }
    }

    /// <summary>Returns false when the connection ended. An outage is logged once.</summary>
    private async Task<bool> NextAsync(IAsyncEnumerator<Risk> events, CancellationToken cancellation)
    {
        _movesOn = true;
        try
        {
            if (await events.MoveNextAsync())
            {
                if (_isInterrupted)
                    log.LogInformation("The event stream at {Url} is connected again", Endpoint.Url);
                _isInterrupted = false;
                return true;
            }
            LogOutage($"{Endpoint.Url} closed the stream");
        }
        catch (RemoraException e) when (!e.IsCallersFault)
        {
            _movesOn = e.MovesOn;
            LogOutage(e.Message);
        }
        catch (Exception e)
            when (e is IOException or HttpRequestException
                || (e is OperationCanceledException && !cancellation.IsCancellationRequested)
            )
        {
            LogOutage(e is OperationCanceledException ? $"no data for {LongestSilence.TotalSeconds} s" : e.Message);
        }
        cancellation.ThrowIfCancellationRequested();
        return false;
    }

    private async IAsyncEnumerable<Risk> ConnectionAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        using var response = await Endpoint.OpenAsync(path, _lastEventId, services.Timeout, cancellation);
        await using var body = new TimeoutStream(
            await response.Content.ReadAsStreamAsync(cancellation),
            LongestSilence,
            clock
        );
        var parser = SseParser.Create(
            body,
            (type, data) => type == "assessment" ? RiskJson.Read(data, pair: null) : null
        );
        await foreach (var item in parser.EnumerateAsync(cancellation))
        {
            _lastEventId = parser.LastEventId;
            if (item.Data is { } risk)
                yield return risk;
        }
    }

    private void LogOutage(string what)
    {
        if (!_isInterrupted)
            log.LogWarning("The event stream is interrupted: {Error}. Retrying", what);
        _isInterrupted = true;
    }
}
