using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace Remora.Bots.Freqtrade;

/// <summary>
/// A client for the calls of Freqtrade's REST interface that locks, books and the judge need, by
/// Freqtrade's documentation. Logs in on demand, and again when its tokens expire.
/// </summary>
internal sealed class FreqtradeRest : IDisposable
{
    private readonly HttpClient _http;
    private readonly FreqtradeBot _bot;
    private string? _access;
    private string? _refresh;

    public FreqtradeRest(FreqtradeBot bot)
    {
        _bot = bot;
        _http = new(
            new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                UseCookies = false,
                PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            }
        )
        {
            BaseAddress = new(bot.Url.GetLeftPart(UriPartial.Path).TrimEnd('/') + "/api/v1/"),
            Timeout = bot.Timeout,
            MaxResponseContentBufferSize = 4 * 1024 * 1024,
        };
    }

    /// <summary>Returns the pairs that the bot trades now.</summary>
    public Task<IReadOnlyList<string>> WhitelistAsync(CancellationToken cancellation) =>
        AskAsync<IReadOnlyList<string>>(
            () => new(HttpMethod.Get, "whitelist"),
            json => [.. json.GetProperty("whitelist").EnumerateArray().Select(pair => pair.GetString()!)],
            cancellation
        );

    /// <summary>Returns the open trades.</summary>
    public Task<IReadOnlyList<BotTrade>> TradesAsync(CancellationToken cancellation) =>
        AskAsync<IReadOnlyList<BotTrade>>(
            () => new(HttpMethod.Get, "status"),
            json => [.. json.EnumerateArray().Select(BotTrade.Of)],
            cancellation
        );

    /// <summary>Returns the balance that the bot manages, and its currency.</summary>
    public Task<(double Wallet, string Currency)> BalanceAsync(CancellationToken cancellation) =>
        AskAsync(
            () => new(HttpMethod.Get, "balance"),
            json =>
                (
                    json.GetProperty(json.TryGetProperty("total_bot", out _) ? "total_bot" : "total").GetDouble(),
                    json.GetProperty("stake").GetString()!
                ),
            cancellation
        );

    /// <summary>Returns all active locks, including those that others placed.</summary>
    public Task<IReadOnlyList<BotLock>> LocksAsync(CancellationToken cancellation) =>
        AskAsync(() => new(HttpMethod.Get, "locks"), Locks, cancellation);

    /// <summary>Places locks and returns all locks that are then active.</summary>
    public Task<IReadOnlyList<BotLock>> PlaceAsync(
        IReadOnlyList<WantedLock> locks,
        DateTimeOffset until,
        CancellationToken cancellation
    ) =>
        AskAsync(
            () =>
                new(HttpMethod.Post, "locks")
                {
                    Content = JsonContent.Create(
                        locks.Select(wanted => new LockRequest(wanted.Pair, until, wanted.Side, wanted.Reason)),
                        BotsJson.Shared.IEnumerableLockRequest
                    ),
                },
            Locks,
            cancellation
        );

    /// <summary>Deletes a lock. Succeeds if the lock does not exist.</summary>
    public Task DeleteAsync(long id, CancellationToken cancellation) =>
        AskAsync(() => new(HttpMethod.Delete, $"locks/{id}"), _ => true, cancellation, allowMissing: true);

    /// <summary>Returns a page of the closed trades by id, and the number of all.</summary>
    public Task<(IReadOnlyList<JsonElement> Page, int Total)> TradesAsync(
        int limit,
        int offset,
        CancellationToken cancellation
    ) =>
        AskAsync<(IReadOnlyList<JsonElement>, int)>(
            () => new(HttpMethod.Get, $"trades?limit={limit}&offset={offset}&order_by_id=true"),
            json => ([.. json.GetProperty("trades").EnumerateArray()], json.GetProperty("total_trades").GetInt32()),
            cancellation
        );

    /// <summary>Returns the number of open trades.</summary>
    public Task<int> OpenTradesAsync(CancellationToken cancellation) =>
        AskAsync(() => new(HttpMethod.Get, "count"), json => json.GetProperty("current").GetInt32(), cancellation);

    /// <summary>Returns the balance with which the bot started, in its stake currency.</summary>
    public Task<double> StartingBalanceAsync(CancellationToken cancellation) =>
        AskAsync(
            () => new(HttpMethod.Get, "balance"),
            json => json.GetProperty("starting_capital").GetDouble(),
            cancellation
        );

    public void Dispose() => _http.Dispose();

    private static IReadOnlyList<BotLock> Locks(JsonElement json) =>
        [
            .. json.GetProperty("locks")
                .EnumerateArray()
                .Where(item => !item.TryGetProperty("active", out var active) || active.GetBoolean())
                .Select(item => new BotLock(
                    item.GetProperty("id").GetInt64(),
                    item.GetProperty("pair").GetString()!,
                    item.TryGetProperty("side", out var side) ? side.GetString() ?? "*" : "*",
                    DateTimeOffset.FromUnixTimeMilliseconds(item.GetProperty("lock_end_timestamp").GetInt64()),
                    item.TryGetProperty("reason", out var reason) ? reason.GetString() ?? "" : ""
                )),
        ];

    private async Task<T> AskAsync<T>(
        Func<HttpRequestMessage> make,
        Func<JsonElement, T> read,
        CancellationToken cancellation,
        bool allowMissing = false
    )
    {
        if (_access is null)
            await LogInAsync(cancellation);
        var response = await SendAsync(make(), new("Bearer", _access), cancellation);
        if (response.Status == HttpStatusCode.Unauthorized)
        {
            if (!await RefreshAsync(cancellation))
                await LogInAsync(cancellation);
            response = await SendAsync(make(), new("Bearer", _access), cancellation);
        }
        if (response.Status == HttpStatusCode.NotFound && allowMissing)
            return read(default);
        return Read(response, read);
    }

    private async Task LogInAsync(CancellationToken cancellation)
    {
        (_access, _refresh) = (null, null);
        var basic = new AuthenticationHeaderValue(
            "Basic",
            Convert.ToBase64String(Encoding.UTF8.GetBytes($"{_bot.User}:{_bot.Password}"))
        );
        var response = await SendAsync(new(HttpMethod.Post, "token/login"), basic, cancellation);
        if (response.Status == HttpStatusCode.Unauthorized)
            throw new FreqtradeException($"{_bot} refuses the user '{_bot.User}' with the configured password");
        (_access, _refresh) = Read(
            response,
            json => (json.GetProperty("access_token").GetString(), json.GetProperty("refresh_token").GetString())
        );
    }

    private async Task<bool> RefreshAsync(CancellationToken cancellation)
    {
        if (_refresh is null)
            return false;
        var response = await SendAsync(new(HttpMethod.Post, "token/refresh"), new("Bearer", _refresh), cancellation);
        if (response.Status != HttpStatusCode.OK)
            return false;
        _access = Read(response, json => json.GetProperty("access_token").GetString());
        return true;
    }

    private async Task<(HttpStatusCode Status, byte[] Body, string Target)> SendAsync(
        HttpRequestMessage request,
        AuthenticationHeaderValue key,
        CancellationToken cancellation
    )
    {
        using (request)
        {
            var target = $"{request.Method} /api/v1/{request.RequestUri}"; // relative until it is sent
            request.Headers.Authorization = key;
            try
            {
                using var response = await _http.SendAsync(request, cancellation);
                return (response.StatusCode, await response.Content.ReadAsByteArrayAsync(cancellation), target);
            }
            catch (HttpRequestException e)
            {
                throw new FreqtradeException($"{_bot} cannot be reached: {e.Message}", e);
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                throw new FreqtradeException($"{_bot} did not respond within {_bot.Timeout.TotalSeconds:0.###} s");
            }
        }
    }

    private T Read<T>((HttpStatusCode Status, byte[] Body, string Target) response, Func<JsonElement, T> read)
    {
        if (response.Status is HttpStatusCode.MethodNotAllowed or HttpStatusCode.NotFound)
            throw new FreqtradeException(
                $"{_bot} does not support {response.Target} (status {(int)response.Status}): use a newer "
                    + $"version of Freqtrade"
            );
        if ((int)response.Status is < 200 or >= 300)
            throw new FreqtradeException($"{_bot} returned {(int)response.Status} for {response.Target}");
        try
        {
            return read(JsonElement.Parse(response.Body));
        }
        catch (Exception e)
            when (e
                    is JsonException
                        or KeyNotFoundException
                        or InvalidOperationException
                        or FormatException
                        or ArgumentOutOfRangeException
            )
        {
            throw new FreqtradeException($"{_bot} returned an unexpected response for {response.Target}", e);
        }
    }
}

/// <summary>A lock as Freqtrade takes it.</summary>
internal sealed record LockRequest(string Pair, DateTimeOffset Until, string Side, string Reason);
