using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Remora.ClickHouseHost.Engine;
using Remora.ClickHouseHost.Http;
using Remora.ClickHouseHost.Native;

namespace Remora.ClickHouseHost;

/// <summary>
/// The engine on a folder, serving HTTP on a socket. The folder contains <c>store/</c> of the
/// engine, <c>pipes/</c>, <c>desk/</c>, <c>lock</c>, <c>endpoint</c> and, while it runs, the
/// socket.
/// </summary>
internal sealed class Host : IAsyncDisposable
{
    private const int LongestSocketPath = 100; // the kernel's limit is 108
    private const int LongestPassword = 1000;
    private static readonly TimeSpan RunningQueriesGrace = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan EngineGrace = TimeSpan.FromSeconds(5);

    private readonly FolderLock _lock;
    private readonly EmbeddedClickHouse _engine;
    private readonly WebApplication _web;
    private readonly CancellationTokenSource _stopping;
    private readonly TaskCompletionSource _stopRequested;
    private readonly string _endpointFile;
    private readonly IReadOnlyList<IDisposable> _signals;

    private Host(
        FolderLock folderLock,
        EmbeddedClickHouse engine,
        WebApplication web,
        CancellationTokenSource stopping,
        TaskCompletionSource stopRequested,
        IReadOnlyList<IDisposable> signals,
        HostEndpoint endpoint,
        string folder,
        bool standalone
    )
    {
        _lock = folderLock;
        _engine = engine;
        _web = web;
        _stopping = stopping;
        _stopRequested = stopRequested;
        _signals = signals;
        _endpointFile = Path.Combine(folder, "endpoint");
        Endpoint = endpoint;
        if (!standalone)
            _ = Task.Run(WatchParentAsync);
    }

    public HostEndpoint Endpoint { get; }

    public static async Task<Host> StartAsync(HostOptions options)
    {
        var library = ChdbLibrary.Find(options.Library);
        var password = options.PasswordOnInput ? ReadPassword() : null;
        var stopRequested = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var signals = ListenTo(stopRequested); // before the engine opens: every connect restores the handlers it found
        var folder = MakeFolder(options.Path);
        var folderLock = await FolderLock.TakeAsync(folder);
        var pipes = MakeFolder(Path.Combine(folder, "pipes"));
        foreach (var left in Directory.GetFiles(pipes))
            File.Delete(left); // left by a host that was killed
        var socket = SocketPath(options, folder);
        File.Delete(socket); // left by a host that was killed; this process has the lock
        var store = MakeFolder(Path.Combine(folder, "store"));
        InterruptedInserts.RemoveOrphans(store, Path.Combine(folder, "deduplication.new"));
        // An empty folder: the engine treats files in its working folder as tables
        Directory.SetCurrentDirectory(MakeFolder(Path.Combine(folder, "desk")));
        var engine = EmbeddedClickHouse.Open(library, store, options.Memory, options.Concurrency);

        var stopping = new CancellationTokenSource();
        var web = Web(options, socket);
        var answers = new ClickHouseInterface(engine, new(engine, options.Database, password), pipes, stopping.Token);
        web.Run(answers.AnswerAsync);
        try
        {
            await web.StartAsync();
        }
        catch (IOException e)
        {
            throw new HostException(e.Message);
        }
        File.SetUnixFileMode(socket, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var endpoint = new HostEndpoint(
            socket,
            PortOf(web),
            Environment.ProcessId,
            engine.Version,
            options.Confinement is { Length: > 0 } remark ? remark : null
        );
        var host = new Host(
            folderLock,
            engine,
            web,
            stopping,
            stopRequested,
            signals,
            endpoint,
            folder,
            options.Standalone
        );
        await File.WriteAllTextAsync(
            host._endpointFile,
            JsonSerializer.Serialize(endpoint, EndpointJson.Default.HostEndpoint) + "\n"
        );
        return host;
    }

    /// <exception cref="HostException">The folder cannot be created.</exception>
    internal static string MakeFolder(string path)
    {
        try
        {
            return Directory
                .CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute)
                .FullName;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HostException($"'{path}' cannot be created: {e.Message}");
        }
    }

    /// <exception cref="HostException">The path of the socket is too long.</exception>
    internal static string SocketPath(HostOptions options, string folder)
    {
        var path = Path.GetFullPath(options.Socket ?? Path.Combine(folder, "clickhouse.sock"));
        if (path.Length <= LongestSocketPath)
            return path;
        if (options.Socket is not null)
            throw new HostException(
                $"the path of the socket is too long, at most {LongestSocketPath} characters: '{path}'"
            );
        // The endpoint file contains the path
        return Path.Combine(Directory.CreateTempSubdirectory("remora-").FullName, "clickhouse.sock");
    }

    /// <summary>Waits for SIGTERM, SIGINT or the end of the parent process.</summary>
    public Task WaitForStopAsync() => _stopRequested.Task;

    /// <summary>Waits for running queries or ends them, and closes the engine.</summary>
    public async ValueTask DisposeAsync()
    {
        File.Delete(_endpointFile);
        using (var grace = new CancellationTokenSource(RunningQueriesGrace))
        {
            await using var killed = grace.Token.Register(_stopping.Cancel);
            using var end = new CancellationTokenSource(RunningQueriesGrace + EngineGrace);
            await _web.StopAsync(end.Token);
        }
        await _web.DisposeAsync();
        _engine.KillAll();
        // Acknowledged data is on disk. If the engine does not close in time, it ends with the
        // process.
        await Task.WhenAny(Task.Run(_engine.Dispose), Task.Delay(EngineGrace));
        _lock.Dispose();
        foreach (var signal in _signals)
            signal.Dispose();
        _stopping.Dispose();
    }

    private static List<IDisposable> ListenTo(TaskCompletionSource stopRequested) =>
        [
            .. new[] { PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGQUIT }.Select(signal =>
                PosixSignalRegistration.Create(
                    signal,
                    context =>
                    {
                        context.Cancel = true;
                        stopRequested.TrySetResult();
                    }
                )
            ),
        ];

    private static WebApplication Web(HostOptions options, string socket)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder
            .WebHost.UseKestrelCore()
            .ConfigureKestrel(kestrel =>
            {
                kestrel.AddServerHeader = false;
                kestrel.Limits.MaxRequestBodySize = null;
                kestrel.Limits.MinRequestBodyDataRate = null;
                kestrel.Limits.MinResponseDataRate = null;
                kestrel.Limits.MaxRequestLineSize = 1 << 20;
                kestrel.Limits.MaxRequestBufferSize = 2 << 20;
                kestrel.ListenUnixSocket(socket);
                if (options.Port is { } port)
                    kestrel.Listen(IPAddress.Loopback, port);
            });
        builder.Services.Configure<Microsoft.AspNetCore.Http.Features.FormOptions>(form =>
            form.ValueLengthLimit = 64 << 20
        );
        return builder.Build();
    }

    // The first line of standard input, because other users can read passwords in the environment
    // or the command line.
    private static string ReadPassword()
    {
        var input = Console.OpenStandardInput();
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

    private static int? PortOf(WebApplication web) =>
        web
            .Services.GetRequiredService<IServer>()
            .Features.Get<IServerAddressesFeature>()!
            .Addresses.Where(address => address.StartsWith("http://127.", StringComparison.Ordinal))
            .Select(address => (int?)new Uri(address).Port)
            .FirstOrDefault();

    private async Task WatchParentAsync()
    {
        try
        {
            var input = Console.OpenStandardInput();
            var buffer = new byte[256];
            while (await input.ReadAsync(buffer) > 0) { }
        }
        finally
        {
            // Also when the input cannot be read: a host that cannot be stopped must not remain
            _stopRequested.TrySetResult();
        }
    }
}
