using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;
using Remora.Markets;
using Remora.Sandbox.Control;
using Remora.Sandbox.Faults;
using Remora.Sandbox.Series;
using Remora.Sandbox.Streams;
using Remora.Sandbox.Venues;

namespace Remora.Sandbox;

/// <summary>
/// Routes every request: to the venue of its host, through the fault that affects it, or to the
/// controls.
/// </summary>
internal sealed class SandboxRouter
{
    private const string Header = "X-Remora-Sandbox";

    private readonly SandboxWorld _world;
    private readonly FaultBoard _faults;
    private readonly TimeProvider _clock;
    private readonly TimeProvider _faultClock;
    private readonly CancellationToken _stop;
    private readonly ControlApi _control;
    private readonly Dictionary<string, Venue> _byHost = [];
    private readonly RequestCounts _counts = new();
    private readonly Dictionary<string, RateMeter> _rates = [];

    public SandboxRouter(
        SandboxOptions options,
        SandboxWorld world,
        FaultBoard faults,
        TimeProvider clock,
        CancellationToken stop
    )
    {
        (_world, _faults, _clock, _faultClock, _stop) = (world, faults, clock, options.FaultClock, stop);
        Venue[] venues =
        [
            new Binance(world),
            new Kraken(world),
            new Coinbase(world),
            new Bybit(world),
            new Okx(world),
            new AlternativeMe(world),
            new Yahoo(world),
            new CoinGecko(world),
            new CoinPaprika(world),
            new Deribit(world),
            new Fred(world),
            new Newspapers(world),
            new CryptoPanic(world),
            new Coinglass(world),
        ];
        foreach (var venue in venues)
        foreach (var host in venue.Hosts)
        {
            _byHost[host] = venue;
            _rates[host] = new(venue.LimitPerMinute(host), _faultClock);
        }
        _control = new(options, world, venues, faults, clock, _counts, _rates);
    }

    public async Task Answer(HttpContext context)
    {
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _stop);
        try
        {
            context.Response.Headers[Header] = _world.Origin.Name();
            var path = context.Request.Path.Value ?? "/";
            if (path == "/")
                context.Response.Redirect("/sandbox");
            else if (path == "/sandbox" || path.StartsWith("/sandbox/"))
                await _control.Answer(context, path);
            else
                await AnswerAsVenue(context, path, ends.Token);
        }
        catch (OperationCanceledException) when (ends.IsCancellationRequested)
        {
            // The caller has disconnected, or the sandbox stops during a stalled response.
            context.Abort();
        }
    }

    private async Task AnswerAsVenue(HttpContext context, string path, CancellationToken ends)
    {
        var slash = path.IndexOf('/', 1);
        var (host, rest) = slash < 0 ? (path[1..], "/") : (path[1..slash], path[slash..]);
        if (!_byHost.TryGetValue(host, out var venue))
        {
            await Problem.Send(context, 404, $"unknown host '{host}'", "host", _byHost.Keys);
            return;
        }
        if (!HttpMethods.IsGet(context.Request.Method))
        {
            context.Response.Headers.Allow = "GET";
            await Problem.Send(context, 405, "the sandbox supports only GET requests");
            return;
        }

        if (context.WebSockets.IsWebSocketRequest && venue.Streams(host) is { } stream)
        {
            using var session = new StreamSession(venue.Id, path, stream, _faults, _counts, _clock, _faultClock);
            await session.RunAsync(context, ends);
            return;
        }

        var (fault, dice) = _faults.Draw(venue.Id, path);
        _counts.Count(venue.Id, fault);
        var inCandles = fault is not null && fault.Kind.IsInTheCandles();
        var query = context.Request.Query;
        var request = new VenueRequest(
            host,
            rest,
            name => query.TryGetValue(name, out var value) ? value.ToString() : null,
            Instant.From(_clock.GetUtcNow()),
            inCandles ? new(fault, dice) : CandleDamage.None
        );
        _rates[host].Count(venue.WeightOf(request));
        var answer = venue.Answer(request);
        if (answer.Origin is { } origin)
            context.Response.Headers[Header] = origin.Name();
        if (fault is not null && !inCandles)
        {
            await ResponseDamage.Send(context, venue.Id, fault, dice, answer, _faultClock, ends);
            return;
        }
        context.Response.StatusCode = answer.Status;
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = answer.Body.Length;
        await context.Response.Body.WriteAsync(answer.Body, ends);
    }
}

/// <summary>The number of requests, and how many of them were affected by a fault.</summary>
internal sealed class RequestCounts
{
    private readonly ConcurrentDictionary<string, long> _byExchange = new();
    private readonly ConcurrentDictionary<string, long> _byFault = new();

    public IReadOnlyDictionary<string, long> ByExchange => _byExchange;

    public IReadOnlyDictionary<string, long> ByFault => _byFault;

    public void Count(string exchange, Fault? fault)
    {
        _byExchange.AddOrUpdate(exchange, 1, (_, count) => count + 1);
        if (fault is not null)
            _byFault.AddOrUpdate(fault.Kind.Name(), 1, (_, count) => count + 1);
    }
}
