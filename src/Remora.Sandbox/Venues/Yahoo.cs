using System.Text.Json.Nodes;
using Remora.Markets;

namespace Remora.Sandbox.Venues;

/// <summary>
/// Yahoo's chart interface with the VIX, the dollar index and the future of the S&amp;P 500: a row
/// for each weekday, dated by its opening, the last row with the running price. Sessions are from
/// 13:30 to 20:00 UTC.
/// </summary>
internal sealed class Yahoo(SandboxWorld world) : Venue
{
    private const int GmtOffset = -14_400;
    private static readonly TimeSpan Opens = new(13, 30, 0);
    private static readonly TimeSpan Closes = new(20, 0, 0);

    public override string Id => "yahoo";

    public override IReadOnlyList<string> Hosts { get; } = ["query1.finance.yahoo.com"];

    public override VenueAnswer Answer(VenueRequest request)
    {
        const string charts = "/v8/finance/chart/";
        var symbol = request.Path.StartsWith(charts, StringComparison.Ordinal)
            ? Uri.UnescapeDataString(request.Path[charts.Length..])
            : "";
        Func<Instant, double>? price = symbol switch
        {
            "^VIX" => world.Signals.Vix,
            "DX-Y.NYB" => world.Signals.DollarIndex,
            "ES=F" => world.Signals.EquityFuture,
            _ => null,
        };
        if (price is null)
            return Error(404, "Not Found", "No data found, symbol may be delisted");
        if (request.Query("interval") != "1d")
            return Error(422, "Unprocessable Entity", "the sandbox supports only daily charts");
        if (request.Query("period1") is not null)
            return Json(Chart(request, symbol, price, SessionsOfPeriod(request)));
        var days = request.Query("range") switch
        {
            "5d" => 7,
            "3mo" => 92,
            _ => 31,
        };
        return Json(Chart(request, symbol, price, Sessions(request.Now, days)));
    }

    /// <summary>Returns when the session opened that the running price belongs to.</summary>
    internal static Instant LastSession(Instant now) => Sessions(now, 7)[^1];

    /// <summary>Returns the sessions of the requested period, and at least the last one.</summary>
    private static List<Instant> SessionsOfPeriod(VenueRequest request)
    {
        var (from, to) = (request.Moment("period1", request.Now, 1000), request.Moment("period2", request.Now, 1000));
        var days = (int)Math.Clamp((request.Now - from).TotalDays + 1, 7, 20_000);
        var sessions = Sessions(request.Now, days);
        return sessions.Where(open => open >= from && open < to).ToList() is { Count: > 0 } found
            ? found
            : [sessions[^1]];
    }

    private static List<Instant> Sessions(Instant now, int days)
    {
        var today = now.Floor(TimeSpan.FromDays(1));
        return
        [
            .. Enumerable
                .Range(0, days)
                .Reverse()
                .Select(back => today - TimeSpan.FromDays(back) + Opens)
                .Where(open =>
                    open <= now && open.ToDateTimeOffset().DayOfWeek is not (DayOfWeek.Saturday or DayOfWeek.Sunday)
                ),
        ];
    }

    private static JsonObject Chart(
        VenueRequest request,
        string symbol,
        Func<Instant, double> price,
        List<Instant> sessions
    )
    {
        var last = sessions[^1] - Opens + Closes;
        var traded = last < request.Now ? last : request.Now;
        JsonArray Row(Func<Instant, double> value) =>
            [
                .. sessions.Select(open =>
                    (JsonNode)value(open - Opens + Closes < traded ? open - Opens + Closes : traded)
                ),
            ];
        return new()
        {
            ["chart"] = new JsonObject
            {
                ["result"] = new JsonArray(
                    new JsonObject
                    {
                        ["meta"] = new JsonObject
                        {
                            ["currency"] = "USD",
                            ["symbol"] = symbol,
                            ["instrumentType"] = "INDEX",
                            ["regularMarketTime"] = traded.UnixMilliseconds / 1000,
                            ["gmtoffset"] = GmtOffset,
                            ["timezone"] = "EDT",
                            ["exchangeTimezoneName"] = "America/New_York",
                            ["regularMarketPrice"] = price(traded),
                            ["dataGranularity"] = "1d",
                            ["range"] = request.Query("range"),
                        },
                        ["timestamp"] = new JsonArray([
                            .. sessions.Select(open => (JsonNode)(open.UnixMilliseconds / 1000)),
                        ]),
                        ["indicators"] = new JsonObject
                        {
                            ["quote"] = new JsonArray(
                                new JsonObject
                                {
                                    ["open"] = Row(price),
                                    ["high"] = Row(price),
                                    ["low"] = Row(price),
                                    ["close"] = Row(price),
                                    ["volume"] = Row(_ => 0),
                                }
                            ),
                            ["adjclose"] = new JsonArray(new JsonObject { ["adjclose"] = Row(price) }),
                        },
                    }
                ),
                ["error"] = null,
            },
        };
    }

    private static VenueAnswer Error(int status, string code, string description) =>
        Json(
            new JsonObject
            {
                ["chart"] = new JsonObject
                {
                    ["result"] = null,
                    ["error"] = new JsonObject { ["code"] = code, ["description"] = description },
                },
            },
            status
        );
}
