namespace Remora.ClickHouse;

/// <summary>The servers of a client, of which one is in use.</summary>
internal sealed class Addresses(IReadOnlyList<Uri> all, Action<Uri, Uri>? moved)
{
    private int _current;

    public int Count => all.Count;

    public Uri Current => all[Volatile.Read(ref _current)];

    /// <summary>
    /// Goes on to the next server, unless another request has already left the unreachable one.
    /// </summary>
    public void Leave(Uri unreachable)
    {
        var at = Volatile.Read(ref _current);
        var next = (at + 1) % all.Count;
        if (next != at && all[at] == unreachable && Interlocked.CompareExchange(ref _current, next, at) == at)
            moved?.Invoke(unreachable, all[next]);
    }
}
