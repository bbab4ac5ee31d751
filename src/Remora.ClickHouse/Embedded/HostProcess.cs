using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Remora.Supervision.Processes;

namespace Remora.ClickHouse.Embedded;

/// <summary>
/// One run of the host process. It ends together with this process, because its standard input
/// closes.
/// </summary>
internal sealed class HostProcess : IChild
{
    // ClickHouse prints where its log is.
    private const string LogNotice = "Logging ";

    private readonly ChildProcess _child;

    private HostProcess(ChildProcess child, EngineEndpoint endpoint) => (_child, Endpoint) = (child, endpoint);

    public EngineEndpoint Endpoint { get; }

    public int Id => _child.Id;

    public Task<string> Ended => _child.Ended;

    /// <summary>Starts a host. Returns it when it accepts requests.</summary>
    /// <exception cref="EngineStartException">
    /// The process ended, or was not ready in time.
    /// </exception>
    public static async Task<HostProcess> StartAsync(
        EmbeddedEngineOptions options,
        TimeProvider time,
        CancellationToken cancellation
    )
    {
        var (command, arguments) = HostProgram.Find(options.HostProgram);
        var endpoint = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var child = new ChildProcess(
            new()
            {
                Name = "the engine",
                Start = new(command, [.. arguments, .. ArgumentsOf(options)]),
                Output = line => endpoint.TrySetResult(line),
                StopTimeout = options.StopTimeout,
                Describe = Describe,
            },
            time
        );
        try
        {
            child.Start();
            if (options.PortPassword is { } password)
                await SendAsync(child, password);
            await child.ReadyAsync(endpoint.Task, options.StartTimeout, cancellation);
            return new(child, EngineFolder.Parse(await endpoint.Task));
        }
        catch (Win32Exception e)
        {
            throw new EngineStartException($"'{command}' cannot be started: {e.Message}");
        }
        catch (ChildException e)
        {
            throw new EngineStartException(e.Message);
        }
        catch (JsonException)
        {
            await child.DisposeAsync();
            throw new EngineStartException("the host did not report its endpoint");
        }
    }

    public void Kill(string reason) => _child.Kill(reason);

    public ValueTask DisposeAsync() => _child.DisposeAsync();

    private static IEnumerable<string> ArgumentsOf(EmbeddedEngineOptions options)
    {
        yield return "--path";
        yield return options.Folder;
        if (options.Port is { } port)
        {
            yield return "--port";
            yield return port.ToString(CultureInfo.InvariantCulture);
        }
        if (options.NativePort is { } native)
        {
            yield return "--native-port";
            yield return native.ToString(CultureInfo.InvariantCulture);
        }
        foreach (var connect in options.ConnectPorts)
        {
            yield return "--connect";
            yield return connect.ToString(CultureInfo.InvariantCulture);
        }
        if (options.PortPassword is not null)
            yield return "--password-stdin";
        yield return "--database";
        yield return options.Database;
        foreach (var folder in options.ReadFolders)
        {
            yield return "--read";
            yield return folder;
        }
        foreach (var folder in options.WriteFolders)
        {
            yield return "--write";
            yield return folder;
        }
        if (options.MemoryBytes is { } memory)
        {
            yield return "--memory";
            yield return memory.ToString(CultureInfo.InvariantCulture);
        }
        if (options.Concurrency is { } concurrency)
        {
            yield return "--concurrency";
            yield return concurrency.ToString(CultureInfo.InvariantCulture);
        }
        if (options.Library is { } library)
        {
            yield return "--libchdb";
            yield return library;
        }
    }

    private static async Task SendAsync(ChildProcess child, string line)
    {
        try
        {
            await child.WriteLineAsync(line, CancellationToken.None); // fits in the pipe
        }
        catch (IOException)
        {
            // The process has ended. Its error output contains the reason.
        }
    }

    private static string Describe(int code, IReadOnlyList<string> errors) =>
        errors.Where(line => !line.StartsWith(LogNotice, StringComparison.Ordinal)).ToList() is { Count: > 0 } reasons
            ? string.Join('\n', reasons)
            : string.Create(CultureInfo.InvariantCulture, $"the engine ended with exit code {code}");
}
