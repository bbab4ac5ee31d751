using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Remora.ClickHouseHost.Native;

/// <summary>
/// Standard input and output of the host, with a pseudo terminal as the engine's standard input.
/// The engine takes itself for interactive only on a terminal, and otherwise ends at the first
/// exception of a connection. A terminal on which nobody types keeps its session open.
/// </summary>
/// <param name="Input">The standard input that the host was started with.</param>
/// <param name="Output">The standard output that the host was started with.</param>
/// <param name="Typist">The other end of the pseudo terminal.</param>
internal sealed unsafe partial record Terminal(int Input, int Output, int Typist)
{
    private const int ReadWrite = 2,
        NoControllingTerminal = 0x100;
    private const byte CtrlD = 4;

    /// <summary>
    /// Gives this process and the programs that it executes a new pseudo terminal as standard
    /// input, and no standard output: the engine writes its prompt there.
    /// </summary>
    /// <exception cref="HostException">There is no pseudo terminal.</exception>
    public static Terminal Open()
    {
        var name = stackalloc byte[128];
        var typist = posix_openpt(ReadWrite | NoControllingTerminal);
        if (typist < 0 || grantpt(typist) != 0 || unlockpt(typist) != 0 || ptsname_r(typist, name, 128) != 0)
            throw Missing();
        var terminal = new Terminal(dup(0), dup(1), typist);
        var input = open(name, ReadWrite | NoControllingTerminal);
        if (input < 0 || dup2(input, 0) != 0)
            throw Missing();
        _ = close(input);
        var nothing = Marshal.StringToCoTaskMemUTF8("/dev/null");
        var output = open((byte*)nothing, ReadWrite);
        Marshal.FreeCoTaskMem(nothing);
        if (output < 0 || dup2(output, 1) != 1)
            throw new HostException("'/dev/null' cannot be opened");
        _ = close(output);
        return terminal;
    }

    /// <summary>Reads the numbers of <see cref="ToString"/>.</summary>
    public static Terminal Parse(string text)
    {
        var numbers = text.Split(',').Select(number => int.Parse(number, CultureInfo.InvariantCulture)).ToArray();
        return new(numbers[0], numbers[1], numbers[2]);
    }

    /// <summary>
    /// The numbers of the open files, which stay valid in a program executed later.
    /// </summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Input},{Output},{Typist}");

    public FileStream OpenInput() => new(new SafeFileHandle(Input, ownsHandle: false), FileAccess.Read, 0);

    public FileStream OpenOutput() => new(new SafeFileHandle(Output, ownsHandle: false), FileAccess.Write, 0);

    /// <summary>
    /// Reads what the engine prints on its terminal, so that it never waits for a reader.
    /// </summary>
    public FileStream OpenTypist() => new(new SafeFileHandle(Typist, ownsHandle: false), FileAccess.Read, 0);

    /// <summary>Ends the session, as a user does with Ctrl-D.</summary>
    public void EndSession()
    {
        var keys = stackalloc byte[] { CtrlD, (byte)'\n' };
        _ = write(Typist, keys, 2);
    }

    private static HostException Missing() =>
        new(
            "there is no pseudo terminal, which the ClickHouse engine needs: mount devpts at /dev/pts, or use a "
                + "ClickHouse server (--clickhouse URL)"
        );

    [LibraryImport("libc")]
    private static partial int dup(int file);

    [LibraryImport("libc")]
    private static partial int dup2(int from, int to);

    [LibraryImport("libc")]
    private static partial int open(byte* path, int flags);

    [LibraryImport("libc")]
    private static partial int close(int file);

    [LibraryImport("libc")]
    private static partial nint write(int file, byte* bytes, nint count);

    [LibraryImport("libc")]
    private static partial int posix_openpt(int flags);

    [LibraryImport("libc")]
    private static partial int grantpt(int file);

    [LibraryImport("libc")]
    private static partial int unlockpt(int file);

    [LibraryImport("libc")]
    private static partial int ptsname_r(int file, byte* name, nint length);
}
