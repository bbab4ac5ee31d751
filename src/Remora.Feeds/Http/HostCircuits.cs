using System.Collections.Concurrent;
using Polly;
using Polly.CircuitBreaker;

namespace Remora.Feeds.Http;

/// <summary>
/// A circuit breaker for each host, shared by all sources of that host. If nearly all requests to
/// the host fail for a while, its circuit opens: no source sends requests for some minutes, and
/// then one request probes the host for all of them. Times are measured on the feeds' clock.
/// </summary>
/// <param name="clock">The feeds' clock.</param>
public sealed class HostCircuits(TimeProvider clock)
{
    private static readonly string[] CountedKinds = ["network", "timeout", "unavailable", "rate_limited"];
    private readonly ConcurrentDictionary<string, ResiliencePipeline> _byHost = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Sends a request unless the host's circuit is open.</summary>
    /// <exception cref="CircuitOpenException">The circuit is open.</exception>
    internal async Task<HttpAnswer> SendAsync(
        string host,
        Func<CancellationToken, Task<HttpAnswer>> send,
        CancellationToken cancellation
    )
    {
        try
        {
            return await _byHost
                .GetOrAdd(host, _ => Build())
                .ExecuteAsync(async token => await send(token), cancellation);
        }
        catch (BrokenCircuitException e)
        {
            throw new CircuitOpenException(e.RetryAfter ?? TimeSpan.FromMinutes(1));
        }
    }

    private ResiliencePipeline Build() =>
        new ResiliencePipelineBuilder { TimeProvider = clock }
            .AddCircuitBreaker(
                new()
                {
                    ShouldHandle = new PredicateBuilder().Handle<SourceException>(e => CountedKinds.Contains(e.Kind)),
                    FailureRatio = 0.8,
                    MinimumThroughput = 5,
                    SamplingDuration = TimeSpan.FromMinutes(5),
                    BreakDuration = TimeSpan.FromMinutes(2),
                }
            )
            .Build();
}

/// <summary>
/// Thrown while the circuit of a host is open because other requests to it failed.
/// </summary>
internal sealed class CircuitOpenException(TimeSpan retryAfter) : Exception("circuit open")
{
    /// <summary>The delay before the next try.</summary>
    public TimeSpan RetryAfter => retryAfter;
}
