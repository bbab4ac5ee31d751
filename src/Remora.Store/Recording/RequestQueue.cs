using System.Collections.Concurrent;

namespace Remora.Store.Recording;

/// <summary>Requests on their way to the recorder, from any thread; bounded. Apart from the recorder itself, whose fields the pump reads with every candle.</summary>
internal sealed class RequestQueue(int most)
{
    private readonly ConcurrentQueue<RequestRow> _requests = new();
    private int _count;
    private long _handedOver, _dropped;

    public int Count => Volatile.Read(ref _count);

    /// <summary>How many came, with room or without.</summary>
    public long HandedOver => Interlocked.Read(ref _handedOver);

    /// <summary>How many found no room.</summary>
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
