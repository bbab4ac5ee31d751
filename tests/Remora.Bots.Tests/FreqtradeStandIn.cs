using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Remora.Bots.Tests;

/// <summary>
/// A test double for the calls of Freqtrade's REST interface that locks and books need. It is NOT
/// Freqtrade.
/// It follows Freqtrade's documentation of these calls and two further facts: the end of a lock is
/// rounded up to the end of a candle, and a renewed lock is an additional lock. Freqtrade itself
/// was not available.
/// </summary>
internal sealed class FreqtradeStandIn(TimeProvider clock) : IAsyncDisposable
{
    public const string User = "Freqtrader";
    public const string Password = "SuperSecret1!";
    private static readonly TimeSpan Candle = TimeSpan.FromMinutes(1);
    private readonly Lock _lock = new();
    private readonly List<Entry> _locks = [];
    private readonly HashSet<string> _access = [];
    private readonly HashSet<string> _refresh = [];
    private LoopbackServer _server = null!;
    private int _tokens;
    private int _ids;

    public Uri Url => _server.Url;

    public IReadOnlyList<string> Whitelist { get; set; } = ["BTC/USDT", "ETH/USDT"];

    /// <summary>The closed trades as JSON, by id.</summary>
    public IReadOnlyList<string> Trades { get; set; } = [];

    /// <summary>Whether the bot trades. While it does not, it does not count open trades.</summary>
    public bool IsRunning { get; set; } = true;

    /// <summary>
    /// The open trades as Freqtrade 2026.9 shows them, with the members that are read.
    /// </summary>
    public IReadOnlyList<object> OpenTrades { get; set; } = [];

    /// <summary>The balance that the bot manages, in USDT.</summary>
    public double Wallet { get; set; } = 10_000;

    /// <summary>The mode: well, or a fault: hang, hangup, 500, html, old.</summary>
    public string Mode { get; set; } = "well";

    public ConcurrentQueue<string> Calls { get; } = new();

    /// <summary>The active locks as texts: <c>BTC/USDT long</c>.</summary>
    public IReadOnlyList<string> Active
    {
        get
        {
            lock (_lock)
                return [.. Present().Select(entry => $"{entry.Pair} {entry.Side}")];
        }
    }

    public IReadOnlyList<Entry> Entries
    {
        get
        {
            lock (_lock)
                return [.. Present()];
        }
    }

    public static async Task<FreqtradeStandIn> StartAsync(TimeProvider clock)
    {
        var bot = new FreqtradeStandIn(clock);
        bot._server = await LoopbackServer.StartAsync(bot.AnswerAsync);
        return bot;
    }

    /// <summary>Places a lock that is not Remora's.</summary>
    public void LockByHand(string pair, string side, string? reason, TimeSpan time) =>
        Add(pair, side, reason, clock.GetUtcNow() + time);

    public void ForgetLocks()
    {
        lock (_lock)
            _locks.Clear();
    }

    public void ExpireTokens(bool alsoRefresh)
    {
        lock (_lock)
        {
            _access.Clear();
            if (alsoRefresh)
                _refresh.Clear();
        }
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private IEnumerable<Entry> Present() => _locks.Where(entry => entry.Until > clock.GetUtcNow());

    private void Add(string pair, string side, string? reason, DateTimeOffset until)
    {
        var end = new DateTimeOffset((until.UtcTicks + Candle.Ticks - 1) / Candle.Ticks * Candle.Ticks, TimeSpan.Zero);
        lock (_lock)
            _locks.Add(new(++_ids, pair, side, reason, end));
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var call = $"{context.Request.Method} {context.Request.Path}";
        Calls.Enqueue(call);
        switch (Mode)
        {
            case "hang":
                await Task.Delay(Timeout.Infinite, context.RequestAborted)
                    .ContinueWith(_ => { }, TaskScheduler.Default);
                return;
            case "hangup":
                context.Abort();
                return;
            case "500":
                context.Response.StatusCode = 500;
                return;
            case "html":
                await context.Response.WriteAsync("<html>");
                return;
            case "old" when call == "POST /api/v1/locks":
                context.Response.StatusCode = 405;
                return;
        }
        var (status, body) = await HandleAsync(call, context.Request);
        context.Response.StatusCode = status;
        await context.Response.WriteAsJsonAsync(body);
    }

    private async Task<(int Status, object Body)> HandleAsync(string call, HttpRequest request)
    {
        var key = AuthenticationHeaderValue.TryParse(request.Headers.Authorization, out var parsed) ? parsed : null;
        if (call == "POST /api/v1/token/login")
        {
            var expected = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{User}:{Password}"));
            return key is { Scheme: "Basic" } && key.Parameter == expected
                ? (200, new { access_token = Issue(_access), refresh_token = Issue(_refresh) })
                : (401, new { detail = "Unauthorized" });
        }
        if (call == "POST /api/v1/token/refresh")
            return Holds(_refresh, key)
                ? (200, new { access_token = Issue(_access) })
                : (401, new { detail = "Unauthorized" });
        if (!Holds(_access, key))
            return (401, new { detail = "Unauthorized" });
        if (call == "GET /api/v1/whitelist")
            return (
                200,
                new
                {
                    whitelist = Whitelist,
                    length = Whitelist.Count,
                    method = new[] { "StaticPairList" },
                }
            );
        if (call == "GET /api/v1/trades")
            return (200, Page(int.Parse(request.Query["limit"]!), int.Parse(request.Query["offset"]!)));
        if (call == "GET /api/v1/count")
            return IsRunning
                ? (
                    200,
                    new
                    {
                        current = 2,
                        max = 3,
                        total_stake = 100.0,
                    }
                )
                : (502, new { error = "Error querying /api/v1/count: trader is not running" });
        if (call == "GET /api/v1/status")
            return (200, OpenTrades);
        if (call == "GET /api/v1/balance")
            return (
                200,
                new
                {
                    total = Wallet * 2,
                    total_bot = Wallet,
                    stake = "USDT",
                    starting_capital = 750.0,
                }
            );
        if (call == "POST /api/v1/locks")
        {
            using var payload = await JsonDocument.ParseAsync(request.Body);
            foreach (var item in payload.RootElement.EnumerateArray())
                Add(
                    item.GetProperty("pair").GetString()!,
                    item.GetProperty("side").GetString()!,
                    item.GetProperty("reason").GetString(),
                    item.GetProperty("until").GetDateTimeOffset()
                );
        }
        else if (call.StartsWith("DELETE /api/v1/locks/", StringComparison.Ordinal))
        {
            lock (_lock)
                _locks.RemoveAll(entry => entry.Id == int.Parse(call.Split('/')[^1]));
        }
        else if (call != "GET /api/v1/locks")
        {
            return (404, new { detail = "Not Found" });
        }
        return (200, new { lock_count = Entries.Count, locks = Entries.Select(Shown) });
    }

    private object Page(int limit, int offset)
    {
        JsonElement[] page = [.. Trades.Skip(offset).Take(limit).Select(trade => JsonElement.Parse(trade))];
        return new
        {
            trades = page,
            trades_count = page.Length,
            offset,
            total_trades = Trades.Count,
        };
    }

    /// <summary>Returns an open trade as the bot shows it.</summary>
    public static object Trade(
        int id,
        string pair,
        double amount,
        double? rate,
        bool isShort = false,
        double? leverage = 1,
        double? stop = null,
        double? liquidation = null
    ) =>
        new
        {
            trade_id = id,
            pair,
            is_open = true,
            is_short = isShort,
            amount,
            stake_amount = amount * 100 / (leverage ?? 1),
            open_rate = 100.0,
            current_rate = rate,
            leverage,
            stop_loss_abs = stop,
            liquidation_price = liquidation,
        };

    private static object Shown(Entry entry) =>
        new
        {
            id = entry.Id,
            active = true,
            pair = entry.Pair,
            side = entry.Side,
            reason = entry.Reason,
            lock_time = "2024-03-01 00:00:00",
            lock_timestamp = 0,
            lock_end_time = entry.Until.ToString("yyyy-MM-dd HH:mm:ss"),
            lock_end_timestamp = entry.Until.ToUnixTimeMilliseconds(),
        };

    private string Issue(HashSet<string> to)
    {
        lock (_lock)
        {
            var token = $"token-{++_tokens}";
            to.Add(token);
            return token;
        }
    }

    private bool Holds(HashSet<string> tokens, AuthenticationHeaderValue? key)
    {
        lock (_lock)
            return key is { Scheme: "Bearer", Parameter: { } token } && tokens.Contains(token);
    }

    public sealed record Entry(int Id, string Pair, string Side, string? Reason, DateTimeOffset Until);
}
