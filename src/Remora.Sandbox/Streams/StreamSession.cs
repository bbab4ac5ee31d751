using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using Remora.Markets;
using Remora.Sandbox.Faults;
using Remora.Sandbox.Venues;

namespace Remora.Sandbox.Streams;

/// <summary>
/// A websocket from its opening to its end. A fault that is active when it opens fails the
/// handshake or stalls it from the beginning. A fault that begins later breaks the connection,
/// silences it (pongs included), or sends an invalid message.
/// </summary>
internal sealed class StreamSession(
    string exchange,
    string path,
    IVenueStream stream,
    FaultBoard faults,
    RequestCounts counts,
    TimeProvider clock,
    TimeProvider faultClock
) : IDisposable
{
    // Of the markets' clock, between two checks for new events.
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(50); // of real time
    private readonly SemaphoreSlim _writing = new(1, 1);

    public async Task RunAsync(HttpContext context, CancellationToken ends)
    {
        var (fault, dice) = faults.Draw(exchange, path);
        counts.Count(exchange, fault);
        if (fault is not null && EffectOf(fault.Kind) is Effect.Handshake)
        {
            await ResponseDamage.Send(
                context,
                exchange,
                fault,
                dice,
                new VenueAnswer(200, "{}"u8.ToArray()),
                faultClock,
                ends
            );
            return;
        }
        // Registered by UseSilenceableUpgrades.
        var line = context.Features.Get<SilenceableUpgrade>()!;
        line.IsSilent = fault is not null && EffectOf(fault.Kind) is Effect.Stall;
        using var socket = await context.WebSockets.AcceptWebSocketAsync(
            new WebSocketAcceptContext { KeepAliveInterval = TimeSpan.Zero }
        );
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(ends);
        var reading = ReadAsync(socket, ended);
        try
        {
            await SendEventsAsync(context, socket, line, ended.Token);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The caller has disconnected, or the sandbox is stopping.
        }
        finally
        {
            await ended.CancelAsync();
            await reading;
        }
    }

    /// <summary>Call this method when the session is ended.</summary>
    public void Dispose() => _writing.Dispose();

    private async Task SendEventsAsync(
        HttpContext context,
        WebSocket socket,
        SilenceableUpgrade line,
        CancellationToken ends
    )
    {
        var sentUntil = Instant.From(clock.GetUtcNow());
        while (true)
        {
            await Task.WhenAll(Task.Delay(Interval, clock, ends), Task.Delay(Shortest, faultClock, ends));
            var now = Instant.From(clock.GetUtcNow());
            var effect = faults.Draw(exchange, path).Fault is { } fault ? EffectOf(fault.Kind) : Effect.None;
            line.IsSilent = effect == Effect.Stall;
            switch (effect)
            {
                case Effect.Stall:
                    continue;
                case Effect.Drop or Effect.Handshake:
                    context.Abort();
                    return;
                case Effect.Garbage:
                    await SendAsync(socket, "<html>\u0001 no message", ends);
                    break;
            }
            foreach (var frame in stream.Between(sentUntil, now, invalid: effect == Effect.BadValues))
                await SendAsync(socket, frame, ends);
            sentUntil = now;
        }
    }

    private async Task ReadAsync(WebSocket socket, CancellationTokenSource ended)
    {
        var buffer = new byte[SandboxServer.LongestBody];
        try
        {
            while (
                await socket.ReceiveAsync(buffer.AsMemory(), ended.Token)
                    is { MessageType: not WebSocketMessageType.Close } received
            )
                if (received.EndOfMessage)
                    await SendAsync(
                        socket,
                        stream.Answer(Encoding.UTF8.GetString(buffer, 0, received.Count)),
                        ended.Token
                    );
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The caller has disconnected, or the sandbox is stopping.
        }
        await ended.CancelAsync();
    }

    private async Task SendAsync(WebSocket socket, string frame, CancellationToken ends)
    {
        await _writing.WaitAsync(ends);
        try
        {
            await socket.SendAsync(Encoding.UTF8.GetBytes(frame), WebSocketMessageType.Text, endOfMessage: true, ends);
        }
        finally
        {
            _writing.Release();
        }
    }

    private static Effect EffectOf(FaultKind kind) =>
        kind switch
        {
            FaultKind.StalledBody or FaultKind.SlowBody or FaultKind.StalledHeaders => Effect.Stall,
            FaultKind.Truncated or FaultKind.Refused => Effect.Drop,
            FaultKind.Garbage or FaultKind.Null200 or FaultKind.Number200 or FaultKind.Empty200 or FaultKind.Html200 =>
                Effect.Garbage,
            FaultKind.BadValues => Effect.BadValues,
            FaultKind.Duplicates
            or FaultKind.Disorder
            or FaultKind.Gaps
            or FaultKind.WrongClock
            or FaultKind.EmptyList
            or FaultKind.PriceSpike
            or FaultKind.RevisedCandles
            or FaultKind.PriceLevel
            or FaultKind.OpenCandle => Effect.None,
            _ => Effect.Handshake,
        };

    private enum Effect
    {
        None,
        Handshake,
        Drop,
        Stall,
        Garbage,
        BadValues,
    }
}
