using System.Runtime.InteropServices;

namespace Remora.ClickHouseHost.Native;

/// <summary>
/// The signal handlers of the process. The runtime needs its own (SIGSEGV becomes a
/// NullReferenceException, SIGTERM a shutdown), and the engine replaces them. So they are saved
/// before every connect and restored after it.
/// </summary>
internal sealed unsafe partial class SignalHandlers
{
    private const int SizeOfSigaction = 152; // glibc on x86-64
    private static readonly int[] Guarded = [2, 3, 4, 5, 6, 7, 8, 11, 15]; // INT QUIT ILL TRAP ABRT BUS FPE SEGV TERM

    private readonly byte[] _saved = new byte[Guarded.Length * SizeOfSigaction];

    private SignalHandlers() { }

    public static SignalHandlers Save()
    {
        var handlers = new SignalHandlers();
        fixed (byte* saved = handlers._saved)
        {
            for (var i = 0; i < Guarded.Length; i++)
                if (sigaction(Guarded[i], null, saved + (i * SizeOfSigaction)) != 0)
                    throw new HostException($"sigaction({Guarded[i]}) failed");
        }
        return handlers;
    }

    public void Restore()
    {
        fixed (byte* saved = _saved)
        {
            for (var i = 0; i < Guarded.Length; i++)
                _ = sigaction(Guarded[i], saved + (i * SizeOfSigaction), null);
        }
    }

    [LibraryImport("libc")]
    private static partial int sigaction(int signal, byte* action, byte* old);
}
