using Microsoft.Extensions.Logging;

namespace Remora.Client;

/// <summary>Sends one request to one service. Throws a <see cref="RemoraException"/>.</summary>
internal delegate Task<byte[]> Send(Endpoint endpoint, TimeSpan timeout);

/// <summary>
/// The services of a client, of which one is in use. A call stays with it until it does not answer,
/// then tries the next one, all within one timeout.
/// </summary>
internal sealed class ServiceList : IDisposable
{
    private readonly IReadOnlyList<(Endpoint Endpoint, Breaker Breaker)> _all;
    private readonly Outage _outage;
    private readonly TimeSpan _timeout;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private int _current;

    public ServiceList(RemoraClientOptions options, TimeProvider clock, ILogger log)
    {
        (_timeout, _clock, _log, _outage) = (options.Timeout, clock, log, new(options.OnError, log));
        _all =
        [
            .. options.Addresses.Select(address =>
                (new Endpoint(address, options.Key, clock), new Breaker(options.BreakerPeriod, clock))
            ),
        ];
    }

    public TimeSpan Timeout => _timeout;

    public int Count => _all.Count;

    /// <summary>The index of the service in use.</summary>
    public int Current => Volatile.Read(ref _current);

    public Endpoint this[int index] => _all[index].Endpoint;

    /// <summary>Sends one request and reads its answer.</summary>
    /// <param name="send">Sends it to one service.</param>
    /// <param name="read">Reads the body; throws when it is not an answer.</param>
    /// <param name="isEvidence">
    /// Whether a failure opens the breaker and an answer keeps the service in use. Otherwise
    /// breakers are bypassed.
    /// </param>
    /// <exception cref="RemoraException">No service answered, or one refused.</exception>
    public async Task<T> FetchAsync<T>(Send send, Func<byte[], T> read, bool isEvidence = true)
    {
        var started = _clock.GetTimestamp();
        var first = Current;
        var failures = new List<Failure>();
        for (var i = 0; i < _all.Count; i++)
        {
            var left = _timeout - _clock.GetElapsedTime(started);
            if (failures.Count > 0 && left <= TimeSpan.Zero)
                break;
            var at = (first + i) % _all.Count;
            try
            {
                var answer = await TryAsync(at, left / Share(first, i, isEvidence), send, read, isEvidence);
                if (isEvidence)
                    Stay(first, at, failures);
                return answer;
            }
            catch (RemoraException e) when (e.IsCallersFault)
            {
                if (isEvidence)
                    Stay(first, at, failures);
                throw;
            }
            catch (RemoraException e)
            {
                failures.Add(new(_all[at].Endpoint.Url, e));
                if (!e.MovesOn)
                    break;
            }
        }
        var error = Combine(failures);
        if (isEvidence)
            _outage.Add(error.Message);
        throw error;
    }

    public void Dispose()
    {
        foreach (var (endpoint, _) in _all)
            endpoint.Dispose();
    }

    // The number of services among which the time that is left is divided.
    private int Share(int first, int tried, bool isEvidence) =>
        !isEvidence
            ? _all.Count - tried
            : 1
                + Enumerable
                    .Range(tried + 1, _all.Count - tried - 1)
                    .Count(i => _all[(first + i) % _all.Count].Breaker.IsReady);

    private async Task<T> TryAsync<T>(int at, TimeSpan timeout, Send send, Func<byte[], T> read, bool isEvidence)
    {
        var (endpoint, breaker) = _all[at];
        if (!isEvidence)
            return read(await send(endpoint, timeout));
        breaker.Enter();
        try
        {
            var answer = read(await send(endpoint, timeout));
            breaker.Succeed();
            return answer;
        }
        catch (RemoraException e)
        {
            if (e.IsCallersFault)
                breaker.Succeed();
            else
                breaker.Fail(e);
            throw;
        }
        catch
        {
            breaker.Abandon();
            throw;
        }
    }

    private void Stay(int first, int at, List<Failure> failures)
    {
        var url = _all[at].Endpoint.Url;
        if (at != first && Interlocked.CompareExchange(ref _current, at, first) == first)
            _log.LogWarning("Remora is used at {Url} from now on: {Error}", url, Combine(failures).Message);
        _outage.End(url);
    }

    // The kind is that of the last request that was sent.
    private static RemoraException Combine(List<Failure> failures)
    {
        if (failures.Count == 1)
            return failures[0].Error;
        var last = (failures.FindLast(failure => failure.Error.Fault != RemoraFault.BreakerOpen) ?? failures[^1]).Error;
        return new(last.Fault, string.Join("; ", failures), last.Status, last.RetryAfter, last);
    }

    private sealed record Failure(string Url, RemoraException Error)
    {
        public override string ToString() =>
            Error.Message.Contains(Url, StringComparison.Ordinal) ? Error.Message : $"{Url}: {Error.Message}";
    }
}
