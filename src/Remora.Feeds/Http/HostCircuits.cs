using System.Collections.Concurrent;
using Polly;
using Polly.CircuitBreaker;

namespace Remora.Feeds.Http;

/// <summary>
/// A circuit breaker for each host, shared by all sources that ask it: when nearly everything they ask has failed for a while, none of them asks for some
/// minutes, and then one does for all. By the feeds' clock.
/// </summary>
/// <param name="clock">The feeds' clock.</param>
public sealed class HostCircuits(TimeProvider clock)
{
    private static readonly string[] HostsFault = ["network", "timeout", "unavailable", "rate_limited"];
    private readonly ConcurrentDictionary<string, ResiliencePipeline> _byHost = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Asks, unless the host is being spared.</summary>
    /// <exception cref="HostPausedException">It is.</exception>
    internal async Task<HttpAnswer> AskAsync(string host, Func<CancellationToken, Task<HttpAnswer>> ask, CancellationToken cancellation)
    {
        try
        {
            return await _byHost.GetOrAdd(host, _ => Build()).ExecuteAsync(async token => await ask(token), cancellation);
        }
        catch (BrokenCircuitException e)
        {
            throw new HostPausedException(e.RetryAfter ?? TimeSpan.FromMinutes(1));
        }
    }

    private ResiliencePipeline Build() => new ResiliencePipelineBuilder { TimeProvider = clock }
        .AddCircuitBreaker(new()
        {
            ShouldHandle = new PredicateBuilder().Handle<SourceException>(e => HostsFault.Contains(e.Kind)),
            FailureRatio = 0.8,
            MinimumThroughput = 5,
            SamplingDuration = TimeSpan.FromMinutes(5),
            BreakDuration = TimeSpan.FromMinutes(2),
        })
        .Build();
}

/// <summary>The host is being spared, for it has failed others too.</summary>
internal sealed class HostPausedException(TimeSpan retryAfter) : Exception("the host is being spared")
{
    /// <summary>When to come again.</summary>
    public TimeSpan RetryAfter => retryAfter;
}
