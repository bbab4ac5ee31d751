using Remora.Feeds.Http;
using Remora.Testing;

namespace Remora.Feeds.Tests.Http;

/// <summary>
/// The circuit of a host that fails all requests opens for a while, on the feeds' clock. A host
/// that rejects one request keeps a closed circuit.
/// </summary>
public sealed class HostCircuitsTests
{
    private static readonly HttpAnswer Answer = new([], null, null);
    private readonly ManualClock _clock = new(SourceRig.Recorded.ToDateTimeOffset());
    private int _asked;

    [
        Theory,
        InlineData("network", true),
        InlineData("timeout", true),
        InlineData("unavailable", true),
        InlineData("rate_limited", true),
        InlineData("bad_response", false),
        InlineData("auth", false)
    ]
    public async Task After_five_failures_nobody_asks_for_two_minutes_and_then_one_does(string kind, bool spared)
    {
        var circuits = new HostCircuits(_clock);
        for (var i = 0; i < 5; i++)
            Assert.Equal(kind, (await Assert.ThrowsAsync<SourceException>(() => Ask(circuits, "a", kind))).Kind);
        if (!spared)
        {
            Assert.Same(Answer, await Ask(circuits, "a", null));
            return;
        }
        Assert.InRange(
            (await Assert.ThrowsAsync<CircuitOpenException>(() => Ask(circuits, "a", null))).RetryAfter,
            TimeSpan.FromSeconds(1),
            TimeSpan.FromMinutes(2)
        );
        Assert.Equal(5, _asked);
        Assert.Same(Answer, await Ask(circuits, "b", null)); // another host is unaffected
        _clock.Advance(TimeSpan.FromMinutes(2.1));
        Assert.Same(Answer, await Ask(circuits, "a", null));
        Assert.Same(Answer, await Ask(circuits, "a", null));
    }

    private Task<HttpAnswer> Ask(HostCircuits circuits, string host, string? kind) =>
        circuits.SendAsync(
            host,
            _ =>
            {
                _asked++;
                return kind is null
                    ? Task.FromResult(Answer)
                    : Task.FromException<HttpAnswer>(new SourceException(kind, "failed"));
            },
            CancellationToken.None
        );
}
