using System.Net;
using System.Net.Sockets;
using System.Threading.RateLimiting;
using Remora.Server.Settings;

namespace Remora.Server.Access;

/// <summary>
/// Limits how often each caller may call: one bucket per key, and one per address for callers
/// without a key. Unused buckets are dropped.
/// </summary>
internal sealed class CallLimits(LiveSettings live) : IDisposable
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly PartitionedRateLimiter<(string Bucket, int PerMinute)> _buckets = PartitionedRateLimiter.Create<
        (string Bucket, int PerMinute),
        (string, int)
    >(caller => RateLimitPartition.GetTokenBucketLimiter(caller, _ => BucketOf(caller.PerMinute)));

    /// <summary>
    /// Takes one call of a key. Returns false, with the time to wait, when the limit is reached.
    /// </summary>
    public bool TryTake(ApiKey key, out TimeSpan wait) =>
        TryTake(("key " + key.Hash, key.PerMinute ?? live.Current.KeyPerMinute), out wait);

    /// <summary>
    /// Takes one call of an address. An IPv6 address counts as its /64 network, because a host can
    /// use any address of its network.
    /// </summary>
    public bool TryTake(IPAddress? address, out TimeSpan wait) =>
        TryTake((NameOf(address), live.Current.AnonymousPerMinute), out wait);

    public void Dispose() => _buckets.Dispose();

    private bool TryTake((string, int) bucket, out TimeSpan wait)
    {
        wait = default;
        using var lease = _buckets.AttemptAcquire(bucket);
        if (lease.IsAcquired)
            return true;
        wait = lease.TryGetMetadata(MetadataName.RetryAfter, out var after) ? after : Minute;
        return false;
    }

    private static TokenBucketRateLimiterOptions BucketOf(int perMinute)
    {
        var perPeriod = Math.Max(1, perMinute / 60);
        return new()
        {
            TokenLimit = perMinute,
            TokensPerPeriod = perPeriod,
            ReplenishmentPeriod = Minute * perPeriod / perMinute,
            QueueLimit = 0,
            AutoReplenishment = false, // the partitioned limiter replenishes all buckets
        };
    }

    private static string NameOf(IPAddress? address)
    {
        if (address is null)
            return "unknown";
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
            return address.ToString();
        var bytes = address.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return new IPAddress(bytes) + "/64";
    }
}
