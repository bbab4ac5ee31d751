using System.Runtime.InteropServices;
using System.Text;
using Remora.ClickHouseHost.Native;

namespace Remora.ClickHouseHost;

/// <summary>
/// Confines the host with Landlock: it can use its data folder, its own files and those of the
/// runtime, and cannot open TCP connections, except to ports that an option names. It can write its
/// endpoint file, and cannot read it. Landlock applies to the calling thread and to what it starts
/// later, and the runtime has threads before Main. So Main applies the rules and executes the
/// program again, which confines every thread of the new process. The new process has a clean
/// environment, because the engine lets every user read /proc/self/environ.
/// </summary>
internal static unsafe partial class Confinement
{
    private static readonly string[] ReadOnly =
    [
        "/lib",
        "/lib64",
        "/usr/lib",
        "/usr/lib64",
        "/etc/ld.so.cache",
        "/etc/localtime",
        "/usr/share/zoneinfo",
        // A dictionary over a local table resolves "localhost".
        "/etc/hosts",
        "/etc/host.conf",
        "/etc/nsswitch.conf",
        "/etc/resolv.conf",
        "/sys/fs/cgroup",
        "/sys/devices/system",
        "/sys/kernel/mm/transparent_hugepage",
        "/dev/urandom",
        "/dev/random",
        "/dev/zero",
    ];

    // Only the files of /proc/self that the runtime and the engine read; not environ, mem and fd.
    private static readonly string[] Processes =
    [
        "/proc/self/maps",
        "/proc/self/cgroup",
        "/proc/self/mountinfo",
        "/proc/self/stat",
        "/proc/self/statm",
        "/proc/self/status",
        "/proc/self/limits",
        "/proc/meminfo",
        "/proc/stat",
        "/proc/cpuinfo",
        "/proc/loadavg",
        "/proc/uptime",
        "/proc/sys/vm",
        "/proc/sys/kernel",
    ];

    private static readonly string[] Variables = ["LANG", "TZ", "LD_LIBRARY_PATH"];
    private static readonly string[] Prefixes = ["DOTNET_", "LC_"];

    /// <summary>Executes this program again, confined. Returns only by an exception.</summary>
    /// <exception cref="HostException">
    /// A folder cannot be created, the library is missing, or the program cannot be executed.
    /// </exception>
    public static void Enter(HostOptions options, Terminal terminal)
    {
        var library = ChdbLibrary.Find(options.Library);
        var folder = HostFolder.Make(options.Path);
        if (options.NativePort == 0)
            options = options with { NativePort = Sockets.FreePort() };
        var program = Environment.ProcessPath ?? throw new HostException("the path of this program is unknown");
        string[] arguments =
        [
            .. CommandLine(),
            "--libchdb",
            library,
            .. options.NativePort is { } native ? new[] { "--native-port", $"{native}" } : [],
            "--terminal",
            terminal.ToString(),
            "--confinement",
            Restrict(options, folder, library, program),
        ];
        // Its socket would be in /tmp
        string[] environment = [.. CleanEnvironment().Append("DOTNET_EnableDiagnostics=0")];
        using var programText = new NativeStrings([program]);
        using var argumentTexts = new NativeStrings(arguments);
        using var environmentTexts = new NativeStrings(environment);
        _ = execve(*programText.Pointers, argumentTexts.Pointers, environmentTexts.Pointers);
        throw new HostException($"'{program}' cannot be executed: error {Marshal.GetLastPInvokeError()}");
    }

    // Returns what is not confined, in one sentence; empty if everything is.
    private static string Restrict(HostOptions options, string folder, string library, string program)
    {
        // Version 1 cannot allow moving a file to another folder, which the engine does.
        if (Landlock.Version < 2)
            return "the ClickHouse engine is not confined, because this kernel has no Landlock (Linux 5.19 or "
                + "later): its SQL can read and write every file that this user can";
        using var rules = Landlock.Create();
        if (rules is null)
            return "the ClickHouse engine is not confined, because the kernel refuses Landlock rules";
        rules.Allow(folder, FileRights.Write & ~FileRights.Read);
        foreach (var name in HostFolder.OfTheEngine)
            rules.Allow(HostFolder.Make(Path.Combine(folder, name)), FileRights.Write);
        rules.Allow(Path.Combine(folder, "pipes"), FileRights.Write); // of an older version, to remove it
        foreach (var path in options.Write)
            rules.Allow(path, FileRights.Write);
        foreach (
            var path in options
                .Read.Concat(ReadOnly)
                .Append(AppContext.BaseDirectory)
                .Append(Path.GetDirectoryName(library)!)
        )
            rules.Allow(path, FileRights.Read);
        foreach (var path in Processes)
            rules.Allow(path, FileRights.Read, isHeld: true);
        rules.Allow("/dev/null", FileRights.ReadFile | FileRights.WriteFile);
        rules.Allow(program, FileRights.Execute | FileRights.ReadFile);
        foreach (var file in LoadedFiles())
        {
            var name = Path.GetFileName(file);
            if (name.StartsWith("ld-", StringComparison.Ordinal))
                // The kernel executes the loader for the program
                rules.Allow(file, FileRights.Execute | FileRights.ReadFile);
            rules.Allow(Path.GetDirectoryName(file)!, FileRights.Read);
            if (name == "libhostfxr.so")
                // .NET: its root, of ROOT/host/fxr/VERSION/libhostfxr.so
                rules.Allow(Path.GetFullPath(Path.Combine(file, "../../../..")), FileRights.Read);
        }
        rules.AllowPort(options.Port ?? 0);
        if (options.NativePort is { } native)
            rules.AllowPort(native);
        foreach (var port in options.ConnectPorts)
            rules.AllowConnection(port);
        return !rules.Enter() ? "the ClickHouse engine is not confined, because the kernel refuses Landlock rules"
            : Landlock.Version < 4
                ? "the ClickHouse engine can open TCP connections, because this kernel cannot forbid them (Linux "
                    + "6.7 or later can)"
            : "";
    }

    private static IEnumerable<string> LoadedFiles() =>
        File.ReadLines("/proc/self/maps")
            .Select(line => line.IndexOf('/') is >= 0 and var at ? line[at..] : "")
            .Where(path => path.Contains(".so", StringComparison.Ordinal) && File.Exists(path))
            .Distinct(StringComparer.Ordinal);

    private static string[] CommandLine() =>
        Encoding.UTF8.GetString(File.ReadAllBytes("/proc/self/cmdline")).Split('\0')[..^1];

    private static IEnumerable<string> CleanEnvironment()
    {
        foreach (System.Collections.DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            var name = (string)variable.Key;
            if (Variables.Contains(name) || Prefixes.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal)))
                yield return $"{name}={variable.Value}";
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int execve(byte* path, byte** arguments, byte** environment);
}
