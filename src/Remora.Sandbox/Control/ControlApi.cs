using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Remora.Markets;
using Remora.Sandbox.Faults;
using Remora.Sandbox.Series;
using Remora.Sandbox.Venues;

namespace Remora.Sandbox.Control;

/// <summary>
/// The controls under <c>/sandbox</c>: the page, the clock, the state, the faults.
/// </summary>
internal sealed class ControlApi(
    SandboxOptions options,
    SandboxWorld world,
    IReadOnlyList<Venue> venues,
    FaultBoard faults,
    TimeProvider clock,
    RequestCounts counts,
    IReadOnlyDictionary<string, RateMeter> rates
)
{
    private static readonly Lazy<byte[]> Page = new(ReadPage);

    public async Task Answer(HttpContext context, string path)
    {
        var method = context.Request.Method;
        switch (path, method)
        {
            case ("/sandbox" or "/sandbox/", "GET"):
                context.Response.ContentType = "text/html; charset=utf-8";
                await context.Response.Body.WriteAsync(Page.Value, context.RequestAborted);
                break;
            case ("/sandbox/clock", "GET"):
                await Send(context, Clock());
                break;
            case ("/sandbox/state", "GET"):
                await Send(context, State());
                break;
            case ("/sandbox/faults", "GET"):
                await Send(context, FaultList());
                break;
            case ("/sandbox/faults", "POST"):
                await Order(context);
                break;
            case ("/sandbox/faults", "DELETE"):
                faults.Clear();
                await Send(context, FaultList());
                break;
            case ("/sandbox/signals", "GET"):
                await Send(context, Signals());
                break;
            case ("/sandbox/signals", "POST"):
                await Hold(context);
                break;
            case ("/sandbox/signals", "DELETE"):
                world.Signals.Release();
                await Send(context, Signals());
                break;
            case ("/sandbox/clock" or "/sandbox/state" or "/sandbox" or "/sandbox/", _):
                await NotAllowed(context, "GET");
                break;
            case ("/sandbox/faults" or "/sandbox/signals", _):
                await NotAllowed(context, "GET, POST, DELETE");
                break;
            default:
                await Problem.Send(
                    context,
                    404,
                    $"unknown path '{path}'",
                    "path",
                    ["/sandbox", "/sandbox/clock", "/sandbox/state", "/sandbox/faults", "/sandbox/signals"]
                );
                break;
        }
    }

    private async Task Order(HttpContext context)
    {
        try
        {
            using var order = await JsonDocument.ParseAsync(context.Request.Body, default, context.RequestAborted);
            FaultRequest.Apply(order.RootElement, faults);
        }
        catch (JsonException error)
        {
            await Problem.Send(
                context,
                400,
                $"the body is not JSON: {error.Message}",
                "body",
                ["""{"kind":"http_429"}"""]
            );
            return;
        }
        catch (BadHttpRequestException error)
        {
            await Problem.Send(
                context,
                error.StatusCode,
                error.Message,
                "body",
                [$"at most {SandboxServer.LongestBody} bytes"]
            );
            return;
        }
        catch (FaultRequestException error)
        {
            await Problem.Send(context, 400, error.Message, error.Field, error.Allowed);
            return;
        }
        await Send(context, FaultList());
    }

    /// <summary>
    /// Holds the signals of an object such as <c>{"fear_greed": 15}</c>: all of them, or none if
    /// one is invalid.
    /// </summary>
    private async Task Hold(HttpContext context)
    {
        try
        {
            var wanted = await JsonSerializer.DeserializeAsync(
                context.Request.Body,
                SandboxJson.Default.DictionaryStringDouble,
                context.RequestAborted
            );
            var trial = new Simulation.OutsideSignals(options.Seed);
            foreach (var (signal, value) in wanted ?? [])
                trial.Hold(signal, value);

            // The running price changes at once, also while the market is closed; older closes do
            // not.
            var since = Yahoo.LastSession(Now);
            foreach (var (signal, value) in trial.Held)
                world.Signals.Hold(signal, value, since);
        }
        catch (JsonException error)
        {
            await Problem.Send(
                context,
                400,
                $"the body must be a JSON object with numbers as values: {error.Message}",
                "body",
                ["""{"fear_greed":15}"""]
            );
            return;
        }
        catch (SandboxOptionException error)
        {
            await Problem.Send(context, 400, error.Message, "signal", Simulation.OutsideSignals.Names);
            return;
        }
        await Send(context, Signals());
    }

    private JsonObject Signals() =>
        new()
        {
            ["held"] = new JsonObject(
                world.Signals.Held.Select(held => KeyValuePair.Create<string, JsonNode?>(held.Key, held.Value))
            ),
            ["signals"] = new JsonArray([.. Simulation.OutsideSignals.Names.Select(name => (JsonNode)name)]),
        };

    private JsonObject Clock() =>
        new()
        {
            ["sandbox"] = true,
            ["now_ms"] = Now.UnixMilliseconds,
            ["now"] = Now.ToString(),
            ["speed"] = options.Speed,
            ["seed"] = options.Seed,
            ["recording"] = options.Recording,
        };

    private Instant Now => Instant.From(clock.GetUtcNow());

    private JsonObject State()
    {
        var state = Clock();
        state["origin"] = world.Origin.Name();
        state["markets"] = new JsonArray([
            .. venues.SelectMany(venue => venue.Listings.Values.Select(listing => Market(venue, listing))),
        ]);
        state["requests"] = new JsonObject
        {
            ["total"] = counts.ByExchange.Values.Sum(),
            ["by_exchange"] = Counts(counts.ByExchange),
            ["by_fault"] = Counts(counts.ByFault),
            ["rates"] = new JsonObject(
                rates
                    .Select(rate => (rate.Key, rate.Value.Limit, Count: rate.Value.Read()))
                    .Where(rate => rate.Count.Total > 0)
                    .Select(rate =>
                        KeyValuePair.Create<string, JsonNode?>(
                            rate.Key,
                            new JsonObject
                            {
                                ["weight"] = rate.Count.Total,
                                ["limit_per_minute"] = rate.Limit,
                                ["most_per_minute"] = rate.Count.Most,
                                ["breaches"] = rate.Count.Breaches,
                            }
                        )
                    )
            ),
        };
        foreach (var (name, value) in FaultList())
            state[name] = value?.DeepClone();
        state["fault_kinds"] = new JsonArray([.. FaultRequest.Kinds.Select(kind => (JsonNode)kind)]);
        state["exchanges"] = new JsonArray([.. Fault.Exchanges.Select(exchange => (JsonNode)exchange)]);
        return state;
    }

    private static JsonObject Market(Venue venue, Listing listing) =>
        new()
        {
            ["exchange"] = venue.Id,
            ["pair"] = listing.Pair.ToString(),
            ["id"] = listing.Id,
            ["origin"] = listing.Series.Origin.Name(),
            ["base_timeframe"] = listing.Series.Base.Name,
            ["from"] = listing.Series.From.ToString(),
            ["until"] = listing.Series.Until?.ToString(),
        };

    private JsonObject FaultList() =>
        new()
        {
            ["faults"] = new JsonArray([.. faults.Active.Select(active => Describe(active.Fault, active.Left))]),
            ["storm"] = faults.Storm is { } storm
                ? new JsonObject
                {
                    ["seed"] = storm.Seed,
                    ["mean_quiet_seconds"] = storm.MeanQuiet.TotalSeconds,
                    ["mean_fault_seconds"] = storm.MeanFault.TotalSeconds,
                }
                : null,
        };

    private static JsonObject Describe(Fault fault, TimeSpan? left) =>
        new()
        {
            ["kind"] = fault.Kind.Name(),
            ["exchange"] = fault.Exchange,
            ["path"] = fault.Path,
            ["share"] = fault.Share,
            ["seconds_left"] = left?.TotalSeconds,
        };

    private static JsonObject Counts(IReadOnlyDictionary<string, long> counts) =>
        new(
            counts
                .OrderBy(count => count.Key, StringComparer.Ordinal)
                .Select(count => KeyValuePair.Create<string, JsonNode?>(count.Key, count.Value))
        );

    private static async Task NotAllowed(HttpContext context, string allowed)
    {
        context.Response.Headers.Allow = allowed;
        await Problem.Send(
            context,
            405,
            $"{context.Request.Method} is not allowed here",
            "method",
            allowed.Split(", ")
        );
    }

    private static async Task Send(HttpContext context, JsonObject body)
    {
        context.Response.ContentType = "application/json";
        await context.Response.Body.WriteAsync(SandboxJson.Bytes(body), context.RequestAborted);
    }

    private static byte[] ReadPage()
    {
        using var stream = typeof(ControlApi).Assembly.GetManifestResourceStream("control.html")!;
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        return copy.ToArray();
    }
}
