using System.Runtime.InteropServices;

namespace Remora.ClickHouseHost.Native;

/// <summary>Rights on a file or folder and everything below it.</summary>
[Flags]
internal enum FileRights : ulong
{
    None = 0,
    Execute = 1 << 0,
    WriteFile = 1 << 1,
    ReadFile = 1 << 2,
    ReadFolder = 1 << 3,
    RemoveFolder = 1 << 4,
    RemoveFile = 1 << 5,
    MakeCharacterDevice = 1 << 6,
    MakeFolder = 1 << 7,
    MakeFile = 1 << 8,
    MakeSocket = 1 << 9,
    MakePipe = 1 << 10,
    MakeBlockDevice = 1 << 11,
    MakeLink = 1 << 12,
    Refer = 1 << 13,
    Truncate = 1 << 14,
    DeviceControl = 1 << 15,

    Read = ReadFile | ReadFolder,
    Write =
        Read
        | WriteFile
        | RemoveFolder
        | RemoveFile
        | MakeFolder
        | MakeFile
        | MakeSocket
        | MakePipe
        | MakeLink
        | Refer
        | Truncate,
    OfFiles = Execute | WriteFile | ReadFile | Truncate | DeviceControl,
    All = (1 << 16) - 1,
}

/// <summary>
/// Landlock rules. <see cref="Enter"/> applies them to the calling thread and to the threads and
/// programs that it starts later. They can use only the files and TCP ports of a rule,
/// and send no signal to a process outside.
/// </summary>
internal sealed unsafe partial class Landlock : IDisposable
{
    private const int CreateRuleset = 444,
        AddRule = 445,
        RestrictSelf = 446; // the same on every architecture
    private const int VersionFlag = 1,
        PathRule = 1,
        PortRule = 2,
        NoNewPrivileges = 38;
    private const int PathOnly = 0x200000,
        CloseOnExec = 0x80000;
    private const ulong BindTcp = 1,
        ConnectTcp = 2,
        AbstractSockets = 1,
        Signals = 2;

    private readonly nint _rules;
    private readonly FileRights _handled;

    private Landlock(nint rules, FileRights handled) => (_rules, _handled) = (rules, handled);

    /// <summary>The version of the kernel's interface; 0 without Landlock.</summary>
    public static int Version { get; } = (int)Math.Max(0, syscall(CreateRuleset, 0, 0, VersionFlag, 0));

    /// <summary>Creates rules that allow nothing yet; null if the kernel refuses.</summary>
    public static Landlock? Create()
    {
        var handled = FileRights.All;
        if (Version < 2)
            handled &= ~FileRights.Refer;
        if (Version < 3)
            handled &= ~FileRights.Truncate;
        if (Version < 5)
            handled &= ~FileRights.DeviceControl;
        var ruleset = new Ruleset
        {
            Files = (ulong)handled,
            Network = Version >= 4 ? BindTcp | ConnectTcp : 0,
            Scopes = Version >= 6 ? AbstractSockets | Signals : 0,
        };
        var rules = syscall(CreateRuleset, (nint)(&ruleset), sizeof(Ruleset), 0, 0);
        return rules < 0 ? null : new(rules, handled);
    }

    /// <summary>Allows a file, or a folder with everything below it.</summary>
    /// <param name="path">The path. A missing path is ignored.</param>
    /// <param name="rights">The allowed rights.</param>
    /// <param name="isHeld">
    /// Whether to keep the path open, also in programs that are executed later. A rule applies to
    /// an inode, and /proc creates a new inode for a name that the kernel has evicted, for example
    /// when memory is low.
    /// </param>
    public void Allow(string path, FileRights rights, bool isHeld = false)
    {
        var file = open(path, PathOnly | (isHeld ? 0 : CloseOnExec));
        if (file < 0)
            return;
        var rule = new PathBeneath
        {
            Rights = (ulong)(rights & _handled & (Directory.Exists(path) ? FileRights.All : FileRights.OfFiles)),
            File = file,
        };
        _ = syscall(AddRule, _rules, PathRule, (nint)(&rule), 0);
        if (!isHeld)
            _ = close(file);
    }

    /// <summary>Allows listening on a TCP port; 0 for any free port.</summary>
    public void AllowPort(int port) => AllowNetwork(BindTcp, port);

    /// <summary>Allows connections to a TCP port, of any host.</summary>
    public void AllowConnection(int port) => AllowNetwork(ConnectTcp, port);

    private void AllowNetwork(ulong rights, int port)
    {
        if (Version < 4)
            return;
        var rule = new NetworkPort { Rights = rights, Port = (ulong)port };
        _ = syscall(AddRule, _rules, PortRule, (nint)(&rule), 0);
    }

    /// <summary>Applies the rules. Returns false if the kernel refuses.</summary>
    public bool Enter() => prctl(NoNewPrivileges, 1, 0, 0, 0) == 0 && syscall(RestrictSelf, _rules, 0, 0, 0) == 0;

    public void Dispose() => _ = close((int)_rules);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint syscall(nint number, nint a, nint b, nint c, nint d);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int prctl(int option, nuint a, nuint b, nuint c, nuint d);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc")]
    private static partial int close(int file);

    private struct Ruleset
    {
        public ulong Files,
            Network,
            Scopes;
    }

    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    private struct PathBeneath
    {
        public ulong Rights;
        public int File;
    }

    private struct NetworkPort
    {
        public ulong Rights,
            Port;
    }
}
