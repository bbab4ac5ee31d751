using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Remora.ClickHouseHost.Native;

/// <summary>
/// A named pipe into which the engine writes a result (INTO OUTFILE … APPEND), so that results of
/// any size and format stream in bounded memory. The host holds a write end itself: the engine may
/// fail before it opens the pipe, and the reader must neither wait forever nor see the end before
/// the engine has started.
/// </summary>
internal sealed partial class ResultPipe : IDisposable
{
    private const int ReadOnly = 0;
    private const int WriteOnly = 1;
    private const int NonBlocking = 0x800;
    private const int CloseOnExec = 0x80000;
    private const int SetFlags = 4;
    private const int SetPipeSize = 1031;
    private const int PipeBytes = 1 << 20;
    private const uint OwnerOnly = 0x180; // 0600

    private readonly SafeFileHandle _keepAlive;

    private ResultPipe(string path, SafeFileHandle reader, SafeFileHandle keepAlive)
    {
        Path = path;
        _keepAlive = keepAlive;
        Reader = new FileStream(reader, FileAccess.Read, bufferSize: 0);
    }

    public string Path { get; }

    /// <summary>
    /// Reads the engine's output. It ends after <see cref="EngineIsDone"/> when everything has been
    /// read.
    /// </summary>
    public FileStream Reader { get; }

    public static ResultPipe Create(string folder)
    {
        var path = System.IO.Path.Combine(folder, Guid.NewGuid().ToString("N"));
        if (mkfifo(path, OwnerOnly) != 0)
            throw new HostException($"cannot create a pipe in '{folder}': error {Marshal.GetLastPInvokeError()}");
        var reader = new SafeFileHandle(open(path, ReadOnly | NonBlocking | CloseOnExec), ownsHandle: true);
        var keepAlive = new SafeFileHandle(open(path, WriteOnly | CloseOnExec), ownsHandle: true);
        if (reader.IsInvalid || keepAlive.IsInvalid)
        {
            reader.Dispose();
            keepAlive.Dispose();
            File.Delete(path);
            throw new HostException($"cannot open a pipe in '{folder}'");
        }
        _ = fcntl(reader, SetFlags, 0); // reads block from now on
        _ = fcntl(reader, SetPipeSize, PipeBytes); // fewer switches between the two; the default size works too
        return new(path, reader, keepAlive);
    }

    public void EngineIsDone() => _keepAlive.Dispose();

    public void Dispose()
    {
        _keepAlive.Dispose();
        Reader.Dispose();
        File.Delete(Path);
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mkfifo(string path, uint mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(SafeFileHandle file, int command, int value);
}
