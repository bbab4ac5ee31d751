using System.Collections.Concurrent;

namespace Remora.Store.Recording;

/// <summary>
/// A bounded queue of requests from any thread to the recorder. A separate object, because the pump
/// reads the recorder's fields at every candle.
/// </summary>
internal sealed class RequestQueue(int most)
{
    private readonly ConcurrentQueue<RequestRow> _requests = new();
    private int _count;
    private long _handedOver, _dropped;

    public int Count => Volatile.Read(ref _count);

    /// <summary>The number of requests received, including dropped ones.</summary>
    public long HandedOver => Interlocked.Read(ref _handedOver);

    /// <summary>The number of requests dropped because the queue was full.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    public void Add(RequestRow request)
    {
        Interlocked.Increment(ref _handedOver);
        if (Interlocked.Increment(ref _count) <= most)
        {
            _requests.Enqueue(request);
            return;
        }
        Interlocked.Decrement(ref _count);
        Interlocked.Increment(ref _dropped);
    }

    public bool TryTake(out RequestRow? request)
    {
        if (!_requests.TryDequeue(out request)) return false;
        Interlocked.Decrement(ref _count);
        return true;
    }
}
