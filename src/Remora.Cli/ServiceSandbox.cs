using System.CommandLine;
using Remora.Cli.Commands;
using Remora.Feeds.Time;
using Remora.Markets;
using Remora.Sandbox;
using Remora.Server;
using Remora.Server.Settings;
using Remora.Supervision;

namespace Remora.Cli;

/// <summary>
/// The sandbox of a service, its own or one of another process, with the mark of its data folder.
/// </summary>
internal sealed class ServiceSandbox : IAsyncDisposable
{
    private readonly SandboxServer? _own;
    private readonly SandboxMark? _mark;
    private readonly long _seed;
    private readonly Instant _start;
    private readonly string? _recording;

    private ServiceSandbox(
        SandboxNotice notice,
        ScaledClock clock,
        SandboxServer? own,
        SandboxMark? mark,
        long seed,
        Instant start,
        string? recording
    )
    {
        (Notice, Clock) = (notice, clock);
        (_own, _mark, _seed, _start, _recording) = (own, mark, seed, start, recording);
    }

    /// <summary>The sandbox notice that each response carries.</summary>
    public SandboxNotice Notice { get; }

    /// <summary>The clock of the simulated markets.</summary>
    public ScaledClock Clock { get; }

    /// <summary>Starts a sandbox, or connects to the one at the address in the settings.</summary>
    /// <exception cref="SandboxOptionException">
    /// The data folder belongs to another world, or the options are invalid.
    /// </exception>
    /// <exception cref="SandboxUnreachableException">No sandbox answers at the address.</exception>
    public static async Task<ServiceSandbox> StartAsync(
        ServiceSettings settings,
        ParseResult parsed,
        SandboxOptionSet world,
        CancellationToken cancellation
    )
    {
        var mark = ServiceStore.KeptFolderOf(settings) is { } folder ? SandboxMark.Open(folder) : null;
        if (settings.SandboxUrl is { } url)
        {
            var remote = await RemoteSandbox.ConnectAsync(url, cancellation);
            var now = Instant.From(remote.Clock.GetUtcNow());
            mark?.Require(url, remote.Seed, remote.Clock.Speed, remote.Recording, now);
            return new(remote.Notice, remote.Clock, own: null, mark, remote.Seed ?? 0, now, remote.Recording);
        }
        double? speed = world.Given(parsed).Contains("--speed") || settings.Speed != 1 ? settings.Speed : null;
        var (server, clock, options) = await world.StartAsync(
            parsed,
            port: 0,
            speed,
            [.. settings.TrackedMarkets.Select(market => market.Id.Pair).Distinct()],
            mark,
            cancellation
        );
        return new(
            new(RemoraJson.NameOf(server.World.Origin), server.Url, clock.Speed),
            clock,
            server,
            mark,
            options.Seed,
            options.Start!.Value,
            options.Recording
        );
    }

    /// <summary>
    /// Updates the mark of the data folder until it is cancelled. Does nothing without a data
    /// folder.
    /// </summary>
    public Task UpdateMarkAsync(Supervisor supervisor, CancellationToken cancellation) =>
        _mark is null
            ? Task.CompletedTask
            : supervisor.RunAsync(
                "sandbox: time",
                token => _mark.UpdateAsync(_seed, _start, _recording, Clock, _own is not null, token),
                cancellation
            );

    public async ValueTask DisposeAsync()
    {
        if (_own is not null)
            await _own.DisposeAsync();
    }
}
