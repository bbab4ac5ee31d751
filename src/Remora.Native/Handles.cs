using System.Collections.Concurrent;

namespace Remora.Native;

/// <summary>
/// The engines by their handles. A handle is a number that is never used again, so a freed or
/// invented one is recognised.
/// </summary>
internal static class Handles
{
    private static readonly ConcurrentDictionary<ulong, EngineSession> Live = new();
    private static ulong _last;

    /// <summary>Adds an engine and returns its handle.</summary>
    public static ulong Add(EngineSession session)
    {
        var handle = Interlocked.Increment(ref _last);
        Live[handle] = session;
        return handle;
    }

    /// <summary>Returns the engine of a handle.</summary>
    /// <exception cref="RefusedException">There is none.</exception>
    public static EngineSession Find(ulong handle) =>
        Live.TryGetValue(handle, out var session) ? session : throw Unknown(handle);

    /// <summary>Removes an engine.</summary>
    /// <exception cref="RefusedException">There is none.</exception>
    public static void Remove(ulong handle)
    {
        if (!Live.TryRemove(handle, out _))
            throw Unknown(handle);
    }

    private static RefusedException Unknown(ulong handle) =>
        new(ResultCode.Engine, $"there is no engine {handle}: it was never created, or it was freed");
}
