using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Remora.ClickHouseHost.Native;

namespace Remora.ClickHouseHost;

/// <summary>
/// Runs ClickHouse's own server out of libchdb, on one folder, until standard input closes or
/// the process gets SIGTERM.
/// </summary>
internal sealed class Host(HostOptions options, Terminal terminal)
{
    private const int LongestPassword = 1000;
    private static readonly TimeSpan PortTimeout = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    private readonly string _folder = HostFolder.Make(options.Path);
    private int _isEnding;

    /// <summary>Runs the engine. Call it once, on the main thread.</summary>
    /// <exception cref="HostException">The engine cannot start, or ended with an error.</exception>
    public void Run()
    {
        var readerPassword = options.PasswordOnInput ? ReadPassword() : NewPassword();
        using var folderLock = FolderLock.Take(_folder);
        HostFolder.RemoveLeftovers(_folder);
        var store = HostFolder.Make(Path.Combine(_folder, "store"));
        InterruptedInserts.RemoveOrphans(store, Path.Combine(store, "deduplication.new"));
        // An empty folder: the engine treats files in its working folder as tables
        Directory.SetCurrentDirectory(HostFolder.Make(Path.Combine(_folder, "desk")));
        RequireFree(options.Port ?? 0);
        if (options.NativePort is { } native)
            RequireFree(native);
        using var signals = new Signals(End);
        Sockets.LeaveGroup();
        Chdb.LoadFrom(ChdbLibrary.Find(options.Library));
        var password = NewPassword();
        using var configuration = EngineConfiguration.Write(options, _folder, password, readerPassword);
        Start("terminal", () => Drain(terminal.OpenTypist()));
        if (!options.Standalone)
            Start("parent", WatchParent);
        var others = Sockets.ListeningPorts(); // that a parent has left open
        Start("port", () => Announce(configuration, others, password, readerPassword));
        var error = Chdb.Run([
            "clickhouse",
            "--interactive",
            "--disable_suggestion",
            "--progress=off",
            "--history_file=/dev/null",
            "--config-file=" + configuration.ConfigFile,
            "--queries-file=" + configuration.StartFile,
        ]);
        File.Delete(HostFolder.EndpointFile(_folder));
        if (_isEnding == 0)
            throw new HostException(error.Length > 0 ? error : "the engine ended");
    }

    // The engine itself would start without the interface.
    private static void RequireFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
        }
        catch (SocketException e)
        {
            throw new HostException($"the port {port} is in use, or not allowed: {e.Message}");
        }
    }

    private static string NewPassword() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));

    private static void Start(string name, Action run) =>
        new Thread(() => run()) { IsBackground = true, Name = name }.Start();

    private static void Drain(FileStream stream)
    {
        try
        {
            using (stream)
            {
                var buffer = new byte[256];
                while (stream.Read(buffer) > 0) { }
            }
        }
        catch (IOException)
        {
            // the other end is gone
        }
    }

    // The first line of standard input, because other users can read passwords in the environment
    // or the command line.
    private string ReadPassword()
    {
        using var input = terminal.OpenInput();
        var line = new List<byte>();
        int next;
        while ((next = input.ReadByte()) is not (-1 or '\n') && line.Count < LongestPassword)
            line.Add((byte)next);
        return next == '\n' && line.Count > 0
            ? Encoding.UTF8.GetString([.. line])
            : throw new HostException(
                $"--password-stdin: standard input must begin with a line of 1 to {LongestPassword} bytes"
            );
    }

    // A host whose parent has ended must not remain, also when its input cannot be read.
    private void WatchParent()
    {
        Drain(terminal.OpenInput());
        End();
    }

    private void End()
    {
        if (Interlocked.Exchange(ref _isEnding, 1) != 0)
            return;
        // Here, because the engine ends the process itself if connections are open
        File.Delete(HostFolder.EndpointFile(_folder));
        Start("end", EndSession);
    }

    // Again and again: what is typed before the prompt appears is discarded.
    private void EndSession()
    {
        while (true)
        {
            terminal.EndSession();
            Thread.Sleep(Pause);
        }
    }

    // The engine does not report its port: it is the one on which this process listens, beside the
    // native one, which is known.
    private void Announce(EngineConfiguration configuration, List<int> others, string password, string readerPassword)
    {
        var port = 0;
        for (var waited = TimeSpan.Zero; port == 0 && waited < PortTimeout; waited += Pause)
        {
            Thread.Sleep(Pause);
            var ports = Sockets.ListeningPorts().Except(others).ToList();
            if (options.NativePort is not { } native || ports.Remove(native))
                port = ports.FirstOrDefault();
        }
        if (port == 0)
        {
            End();
            return;
        }
        configuration.Dispose();
        var endpoint = new HostEndpoint(
            port,
            Environment.ProcessId,
            options.Confinement is { Length: > 0 } remark ? remark : null,
            password,
            readerPassword,
            options.NativePort
        );
        var text = JsonSerializer.Serialize(endpoint, EndpointJson.Default.HostEndpoint) + "\n";
        HostFolder.Publish(_folder, text);
        using var output = terminal.OpenOutput();
        output.Write(Encoding.UTF8.GetBytes(text));
        output.Flush();
    }

    private sealed class Signals(Action end) : IDisposable
    {
        private readonly List<PosixSignalRegistration> _registrations =
        [
            .. new[] { PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGQUIT }.Select(signal =>
                PosixSignalRegistration.Create(
                    signal,
                    context =>
                    {
                        context.Cancel = true;
                        end();
                    }
                )
            ),
        ];

        public void Dispose()
        {
            foreach (var registration in _registrations)
                registration.Dispose();
        }
    }
}
