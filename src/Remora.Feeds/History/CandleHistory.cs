using System.Globalization;
using Remora.Columns;
using Remora.Feeds.Exchanges;
using Remora.Feeds.Time;
using Remora.Markets;

namespace Remora.Feeds.History;

/// <summary>
/// The closed candles of a market. A response that is out of order, has duplicates or candles of
/// the future is refused: nothing of it is stored.
/// </summary>
internal sealed class CandleHistory(ICandleSource exchange, Pair pair, Timeframe timeframe, TimeProvider clock)
    : HistorySeries
{
    private const int UsualPage = 500;

    /// <summary>A candle that closed this recently may still change at the exchange.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromMinutes(1);

    /// <summary>
    /// How often a page with invalid values is requested again before its valid candles are used.
    /// </summary>
    private const int Repeats = 3;

    private int? _pageLimit;
    private (Instant From, int Times) _invalid;

    /// <inheritdoc/>
    public override string Header { get; } = $"timestamp,{string.Join(',', CandleColumns.Values)}";

    /// <inheritdoc/>
    public override TimeSpan? Step => timeframe.Length;

    /// <inheritdoc/>
    public override Instant SettledAt(Instant now) => (now - Settling).Floor(timeframe.Length);

    /// <inheritdoc/>
    public override Instant After(Instant row) => row + timeframe.Length;

    /// <inheritdoc/>
    public override async Task<HistoryPage> PageAsync(
        Instant from,
        Instant end,
        Instant? last,
        CancellationToken cancellation
    )
    {
        _pageLimit ??= await BeginAsync(cancellation);
        var limit = (int)Math.Clamp(Math.Ceiling((end - from) / timeframe.Length), 1, _pageLimit.Value);
        var (candles, received) = await RequestAsync(from, limit, cancellation);
        // An empty response is either a gap of the exchange or a failure that will pass.
        if (candles.Count == 0)
            (candles, received) = await RequestAsync(from, limit, cancellation);
        var next = received is { } newest ? After(newest) : from + (timeframe.Length * limit);
        return new([.. candles.Where(candle => candle.OpenTime < end).Select(Row)], next);
    }

    /// <summary>
    /// Returns the page limit of the exchange. Also requests its newest candles, which reveal a
    /// wrong clock before anything is stored.
    /// </summary>
    private async Task<int> BeginAsync(CancellationToken cancellation)
    {
        var description = await exchange.DescribeAsync(cancellation);
        var newest = await exchange.CandlesAsync(
            new(pair, timeframe, clock.Now().Floor(timeframe.Length) - (timeframe.Length * 2), 4, Urgency.Backfill),
            cancellation
        );
        foreach (var candle in newest)
            if (candle.Check(timeframe, clock.Now()) == CandleFault.InTheFuture)
                throw Refused(candle.OpenTime, Describe(CandleFault.InTheFuture));
        return description.PageLimit ?? UsualPage;
    }

    /// <summary>
    /// Returns the valid closed candles of a page, and the time of the last closed one, valid or
    /// not; null without one.
    /// </summary>
    private async Task<(List<Candle> Candles, Instant? Last)> RequestAsync(
        Instant from,
        int limit,
        CancellationToken cancellation
    )
    {
        var page = await exchange.CandlesAsync(new(pair, timeframe, from, limit, Urgency.Backfill), cancellation);
        var now = clock.Now();
        var candles = new List<Candle>(page.Count);
        ExchangeException? invalid = null;
        Instant? before = null;
        Instant? last = null;
        // Some exchanges send the newest first.
        foreach (var candle in page.Count > 1 && page[0].OpenTime > page[^1].OpenTime ? page.Reverse() : page)
        {
            var fault = candle.Check(timeframe, now);
            if (fault is CandleFault.InTheFuture or CandleFault.Unaligned)
                throw Refused(candle.OpenTime, Describe(fault));
            if (candle.OpenTime <= before)
                throw Refused(candle.OpenTime, candle.OpenTime == before ? "is a duplicate" : $"comes after {before}");
            before = candle.OpenTime;
            if (fault == CandleFault.NotClosed || candle.OpenTime < from)
                continue;
            last = candle.OpenTime;
            if (fault == CandleFault.None)
                candles.Add(candle);
            else
                invalid ??= Refused(candle.OpenTime, Describe(fault));
        }
        if (invalid is null)
            return (candles, last);
        // Most such faults pass. Candles that stay invalid are missing.
        _invalid = (from, _invalid.From == from ? _invalid.Times + 1 : 1);
        return candles.Count > 0 && _invalid.Times > Repeats ? (candles, last) : throw invalid;
    }

    private static HistoryRow Row(Candle c) =>
        new(
            c.OpenTime,
            string.Create(
                CultureInfo.InvariantCulture,
                $"{c.OpenTime.UnixMilliseconds},{c.Open},{c.High},{c.Low},{c.Close},{c.Volume}"
            )
        );

    private ExchangeException Refused(Instant time, string problem) =>
        new(
            ExchangeErrorKind.BadResponse,
            $"the response for {pair} {timeframe} is refused: the candle of {time} {problem}"
        );

    private string Describe(CandleFault fault) =>
        fault switch
        {
            CandleFault.NotFinite => "has a value that is missing or not a number",
            CandleFault.NotPositive => "has a price of 0 or less",
            CandleFault.NegativeVolume => "has a negative volume",
            CandleFault.Inverted => "has a high that is not the highest or a low that is not the lowest price",
            CandleFault.Unaligned => $"does not open at a multiple of {timeframe}",
            _ => "opens in the future: the clock of the exchange or of this machine is wrong",
        };
}
