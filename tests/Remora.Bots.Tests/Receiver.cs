using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Remora.Bots.Tests;

/// <summary>A receiver that accepts webhooks, or refuses them.</summary>
internal sealed class Receiver : IAsyncDisposable
{
    private readonly Func<Delivery, int> _status;
    private LoopbackServer _server = null!;

    private Receiver(Func<Delivery, int> status) => _status = status;

    public Uri Url => new(_server.Url, "/hook?key=abc");

    /// <summary>All attempts.</summary>
    public ConcurrentQueue<Delivery> Attempts { get; } = new();

    /// <summary>The attempts that were answered with 200.</summary>
    public ConcurrentQueue<Delivery> Taken { get; } = new();

    /// <param name="status">Returns the status of the answer; 0 sends no answer.</param>
    public static async Task<Receiver> StartAsync(Func<Delivery, int>? status = null)
    {
        var receiver = new Receiver(status ?? (_ => 200));
        receiver._server = await LoopbackServer.StartAsync(receiver.TakeAsync);
        return receiver;
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task TakeAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var delivery = new Delivery(
            context.Request.Headers["X-Remora-Signature"].ToString(),
            context.Request.Headers["X-Remora-Event-Id"].ToString(),
            body.ToArray()
        );
        Attempts.Enqueue(delivery);
        var status = _status(delivery);
        if (status == 0)
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        if (status == 200)
            Taken.Enqueue(delivery);
        context.Response.StatusCode = status == 0 ? 200 : status;
    }

    public sealed record Delivery(string Signature, string Id, byte[] Body)
    {
        public JsonElement Json { get; } = JsonElement.Parse(Body);

        public string Pair => Json.GetProperty("pair").GetString()!;
    }
}
