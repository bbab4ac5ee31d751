using System.Runtime.CompilerServices;
using System.Text.Json;
using Remora.Markets;

namespace Remora.Feeds.Exchanges;

/// <summary>
/// One exchange, through the bridge. All markets of an exchange share one instance, and with it the
/// exchange's rate limit.
/// </summary>
public sealed class CcxtExchange : ICandleSource, IPerpetualSource, ILiquidationSource
{
    private readonly CcxtBridge _bridge;
    private readonly ExchangeGate _gate;
    private volatile ExchangeDescription? _description;

    internal CcxtExchange(CcxtBridge bridge, string id, ExchangeGate gate)
    {
        _bridge = bridge;
        _gate = gate;
        Id = id;
    }

    /// <inheritdoc/>
    public string Id { get; }

    /// <inheritdoc/>
    public async Task<ExchangeDescription> DescribeAsync(CancellationToken cancellation)
    {
        if (_description is { } known)
            return known;
        var answer = await _bridge.CallAsync(new("describe", Id), cancellation);
        var limit = answer.GetProperty("page_limit");
        return _description = new(
            Id,
            answer.GetProperty("name").GetString() ?? Id,
            [.. answer.GetProperty("timeframes").EnumerateArray().Select(name => name.GetString()!)],
            limit.ValueKind == JsonValueKind.Number ? limit.GetInt32() : null,
            TimeSpan.FromMilliseconds(answer.GetProperty("rate_limit_ms").GetDouble())
        );
    }

    /// <summary>Returns the symbols of all active spot markets.</summary>
    /// <exception cref="ExchangeException">The request failed, or the response is
    /// invalid.</exception>
    public async Task<IReadOnlyList<string>> MarketsAsync(CancellationToken cancellation)
    {
        var answer = await _gate.PassAsync(
            Urgency.FirstAnswer,
            () => _bridge.CallAsync(new("markets", Id), cancellation),
            cancellation
        );
        return [.. answer.EnumerateArray().Select(symbol => symbol.GetString()!)];
    }

    /// <summary>
    /// Returns whether the exchange lists a pair. The list of a type of markets is requested once,
    /// and again at most every ten minutes for a pair that is not on it.
    /// </summary>
    /// <exception cref="ExchangeException">The request failed, or the response is
    /// invalid.</exception>
    public async Task<bool> ListsAsync(Pair pair, CancellationToken cancellation)
    {
        var answer = await _gate.PassAsync(
            Urgency.FirstAnswer,
            () => _bridge.CallAsync(new("lists", Id) { Symbol = pair.ToString() }, cancellation),
            cancellation
        );
        return answer.GetBoolean();
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Candle>> CandlesAsync(CandleRequest request, CancellationToken cancellation)
    {
        var message = new BridgeRequest("candles", Id)
        {
            Symbol = request.Pair.ToString(),
            Timeframe = request.Timeframe.Name,
            Since = request.Since.UnixMilliseconds,
            Limit = request.Limit,
            Now = _bridge.Clock.GetUtcNow().ToUnixTimeMilliseconds(),
        };
        var rows = await _gate.PassAsync(request.Urgency, () => _bridge.CallAsync(message, cancellation), cancellation);
        var candles = new Candle[rows.GetArrayLength()];
        var i = 0;
        foreach (var row in rows.EnumerateArray())
            candles[i++] = CandleOf(row);
        return candles;
    }

    /// <inheritdoc/>
    public async Task<FundingRate> FundingRateAsync(string perpetual, CancellationToken cancellation)
    {
        var answer = await PerpetualAsync("fundingRate", perpetual, cancellation);
        return new(Number(answer.GetProperty("value")), Number(answer.GetProperty("hours")), Time(answer));
    }

    /// <inheritdoc/>
    public async Task<OpenInterest> OpenInterestAsync(string perpetual, CancellationToken cancellation)
    {
        var answer = await PerpetualAsync("openInterest", perpetual, cancellation);
        return new(Number(answer.GetProperty("value")), Time(answer));
    }

    /// <summary>
    /// Returns the settled funding rates of a perpetual from a moment on, as the exchange sends
    /// them. Their interval is not part of the response.
    /// </summary>
    /// <exception cref="ExchangeException">The request failed, or the response is
    /// invalid.</exception>
    internal Task<IReadOnlyList<FundingRate>> FundingHistoryAsync(
        string perpetual,
        Instant since,
        int limit,
        CancellationToken cancellation
    ) =>
        RowsAsync(
            new("fundingHistory", Id)
            {
                Symbol = perpetual,
                Since = since.UnixMilliseconds,
                Limit = limit,
            },
            (time, value) => new FundingRate(value, double.NaN, time),
            cancellation
        );

    /// <summary>
    /// Returns the open interest of a perpetual at the beginning of each day of a span, both ends
    /// included, as the exchange sends it.
    /// </summary>
    /// <exception cref="ExchangeException">The request failed, or the response is
    /// invalid.</exception>
    internal Task<IReadOnlyList<OpenInterest>> OpenInterestHistoryAsync(
        string perpetual,
        Instant since,
        Instant until,
        int limit,
        CancellationToken cancellation
    ) =>
        RowsAsync(
            new("openInterestHistory", Id)
            {
                Symbol = perpetual,
                Since = since.UnixMilliseconds,
                Until = until.UnixMilliseconds,
                Limit = limit,
            },
            (time, value) => new OpenInterest(value, time),
            cancellation
        );

    /// <inheritdoc/>
    public async IAsyncEnumerable<LiquidationEvent> LiquidationsAsync(
        IReadOnlyList<string> perpetuals,
        [EnumeratorCancellation] CancellationToken cancellation
    )
    {
        await foreach (
            var message in _bridge.StreamAsync(new("liquidations", Id) { Symbols = perpetuals }, cancellation)
        )
        {
            if (message.TryGetProperty("open", out _))
                yield return new(LiquidationEventKind.Opened)
                {
                    Missing =
                    [
                        .. message.GetProperty("missing").EnumerateArray().Select(symbol => symbol.GetString()!),
                    ],
                };
            else if (message.TryGetProperty("liquidation", out var one))
                yield return new(LiquidationEventKind.Liquidation)
                {
                    Perpetual = one.GetProperty("symbol").GetString(),
                    At = Time(one),
                    Price = Number(one.GetProperty("price")),
                    Amount = Number(one.GetProperty("amount")),
                };
            else
                yield return new(LiquidationEventKind.Alive);
        }
    }

    private Task<JsonElement> PerpetualAsync(string operation, string symbol, CancellationToken cancellation) =>
        _gate.PassAsync(
            Urgency.Backfill,
            () => _bridge.CallAsync(new(operation, Id) { Symbol = symbol }, cancellation),
            cancellation
        );

    /// <summary>Requests rows of a time and a value.</summary>
    private async Task<IReadOnlyList<T>> RowsAsync<T>(
        BridgeRequest request,
        Func<Instant?, double, T> create,
        CancellationToken cancellation
    )
    {
        var rows = await _gate.PassAsync(
            Urgency.Backfill,
            () => _bridge.CallAsync(request, cancellation),
            cancellation
        );
        return [.. rows.EnumerateArray().Select(row => create(Moment(row[0]), Number(row[1])))];
    }

    private static Instant? Time(JsonElement answer) => Moment(answer.GetProperty("time"));

    private static Instant? Moment(JsonElement value) =>
        Number(value) is > 0 and < 1e14 and var time ? new((long)time) : null;

    /// <summary>
    /// Parses a row of six numbers. A missing number becomes NaN, and a row without a time becomes
    /// all NaN. The candle check refuses both.
    /// </summary>
    private static Candle CandleOf(JsonElement row) =>
        row[0].ValueKind == JsonValueKind.Number
        && row[0].TryGetInt64(out var time)
        && Math.Abs(time) < Instant.MaxValue.UnixMilliseconds
            ? new(new(time), Number(row[1]), Number(row[2]), Number(row[3]), Number(row[4]), Number(row[5]))
            : new(default, double.NaN, double.NaN, double.NaN, double.NaN, double.NaN);

    private static double Number(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number ? value.GetDouble() : double.NaN;
}
