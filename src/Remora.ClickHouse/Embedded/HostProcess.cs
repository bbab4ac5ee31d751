using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Remora.ClickHouse.Embedded;

/// <summary>
/// One run of the host process. It ends together with this process, because its standard input
/// closes.
/// </summary>
internal sealed class HostProcess : IDisposable
{
    private const int MaxErrorLines = 20;

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _errors = new();
    private readonly Task _readingErrors;

    private HostProcess(Process process, EngineEndpoint endpoint, Task readingErrors, ConcurrentQueue<string> errors)
    {
        _process = process;
        _readingErrors = readingErrors;
        _errors = errors;
        Endpoint = endpoint;
    }

    public EngineEndpoint Endpoint { get; }

    /// <exception cref="EngineStartException">
    /// The process ended, or was not ready in time.
    /// </exception>
    public static async Task<HostProcess> StartAsync(EmbeddedEngineOptions options, TimeProvider time, CancellationToken cancellation)
    {
        var (command, arguments) = HostProgram.Find(options.HostProgram);
        var start = new ProcessStartInfo(command)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            CreateNoWindow = true,
        };
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        foreach (var argument in ArgumentsOf(options)) start.ArgumentList.Add(argument);
        if (options.Port is not null && options.PortPassword is not { Length: > 0 }) throw new EngineStartException("a port of the engine requires a password");

        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new EngineStartException($"'{command}' cannot be started: {e.Message}");
        }
        var errors = new ConcurrentQueue<string>();
        var readingErrors = ReadErrorsAsync(process, errors);
        using var deadline = new CancellationTokenSource(options.StartTimeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellation);
        try
        {
            if (options.Port is not null) await SendLineAsync(process, options.PortPassword!, both.Token);
            var line = await process.StandardOutput.ReadLineAsync(both.Token);
            if (line is not null) return new(process, EngineFolder.Parse(line), readingErrors, errors);
            await readingErrors;
            throw new EngineStartException(errors.IsEmpty ? "the host ended without an error message" : string.Join('\n', errors));
        }
        catch (Exception e)
        {
            Kill(process);
            process.Dispose();
            if (e is OperationCanceledException && !cancellation.IsCancellationRequested)
                throw new EngineStartException($"the engine was not ready within {options.StartTimeout}");
            if (e is JsonException) throw new EngineStartException("the host did not report its endpoint");
            throw;
        }
    }

    /// <summary>Waits until the process ends. Returns its error output.</summary>
    public async Task<string> EndAsync(CancellationToken cancellation)
    {
        await _process.WaitForExitAsync(cancellation);
        await _readingErrors;
        return _errors.IsEmpty ? $"the host ended with exit code {_process.ExitCode.ToString(CultureInfo.InvariantCulture)}" : string.Join('\n', _errors);
    }

    /// <summary>Requests the process to end, and kills it after a timeout.</summary>
    public async Task StopAsync(TimeSpan timeout, TimeProvider time)
    {
        _process.StandardInput.Close();
        using var deadline = new CancellationTokenSource(timeout, time);
        try
        {
            await _process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            Kill();
            await _process.WaitForExitAsync(CancellationToken.None);
        }
    }

    public void Kill() => Kill(_process);

    public void Dispose() => _process.Dispose();

    private static void Kill(Process process)
    {
        try
        {
            process.Kill();
        }
        catch (InvalidOperationException)
        {
            // the process has ended already
        }
    }

    private static IEnumerable<string> ArgumentsOf(EmbeddedEngineOptions options)
    {
        yield return "--path";
        yield return options.Folder;
        if (options.Port is { } port)
        {
            yield return "--port";
            yield return port.ToString(CultureInfo.InvariantCulture);
            yield return "--password-stdin";
        }
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

    private static async Task SendLineAsync(Process process, string line, CancellationToken cancellation)
    {
        try
        {
            await process.StandardInput.WriteLineAsync(line.AsMemory(), cancellation);
            await process.StandardInput.FlushAsync(cancellation);
        }
        catch (IOException)
        {
            // the process has ended already; its error output contains the reason
        }
    }

    private static async Task ReadErrorsAsync(Process process, ConcurrentQueue<string> errors)
    {
        while (await process.StandardError.ReadLineAsync() is { } line)
        {
            errors.Enqueue(line);
            if (errors.Count > MaxErrorLines) errors.TryDequeue(out _);
        }
    }
}
