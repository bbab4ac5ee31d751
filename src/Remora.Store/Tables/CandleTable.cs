using System.Runtime.CompilerServices;
using Remora.ClickHouse;
using Remora.ClickHouse.Rows;
using Remora.Columns;
using Remora.Markets;

namespace Remora.Store.Tables;

/// <summary>A candle and its market.</summary>
/// <param name="Exchange">The CCXT id of the exchange.</param>
/// <param name="Pair">The pair, as text.</param>
/// <param name="Timeframe">The timeframe, as text.</param>
/// <param name="Candle">The candle.</param>
public readonly record struct StoredCandle(string Exchange, string Pair, string Timeframe, Candle Candle)
{
    internal static StoredCandle Of(string exchange, Pair pair, Timeframe timeframe, in Candle candle) =>
        new(exchange, pair.ToString(), timeframe.Name, candle);
}

/// <summary>
/// The stored candles. Of a candle that was recorded several times, only the last version is
/// returned.
/// </summary>
public sealed class CandleTable
{
    private const string OfMarket =
        "exchange = {exchange:String} AND pair = {pair:String} AND timeframe = {timeframe:String}";

    // In the order of the properties of Candle.
    private static readonly string Values = SelectList.Of(CandleColumns.All);

    private readonly MarketStore _store;

    internal CandleTable(MarketStore store) => _store = store;

    /// <summary>Returns the candles of a market by open time.</summary>
    /// <param name="market">The market.</param>
    /// <param name="span">The span of open times.</param>
    /// <param name="timeframe">
    /// A timeframe other than the market's, for example hourly candles.
    /// </param>
    public StoreQuery<Candle> Of(MarketId market, Span span = default, Timeframe? timeframe = null)
    {
        var parameters = Parameters(market, timeframe);
        return new(
            _store.Client,
            $"SELECT {Values} FROM candles FINAL WHERE {OfMarket} AND "
                + $"{span.Where("opened", parameters)}{span.Order("opened", parameters)} SETTINGS "
                + $"do_not_merge_across_partitions_select_final = 1",
            parameters,
            Read
        );
    }

    /// <summary>Returns the newest stored candle of a market; null if there is none.</summary>
    public async Task<Candle?> LatestAsync(
        MarketId market,
        Timeframe? timeframe = null,
        CancellationToken cancellation = default
    ) =>
        await Of(market, new(Limit: 1, NewestFirst: true), timeframe).ListAsync(cancellation) is [var candle]
            ? candle
            : null;

    /// <summary>Returns the newest candle of every stored market and timeframe.</summary>
    public async IAsyncEnumerable<StoredCandle> LatestAsync(
        [EnumeratorCancellation] CancellationToken cancellation = default
    )
    {
        var newest =
            $"SELECT exchange, pair, timeframe, argMax(({Values}), (opened, sequence)) AS newest FROM candles GROUP "
            + $"BY exchange, pair, timeframe";
        var values = string.Join(", ", CandleColumns.All.Select((_, i) => $"newest.{i + 1}"));
        var sql = $"SELECT exchange, pair, timeframe, {values} FROM ({newest}) ORDER BY exchange, pair, timeframe";
        await foreach (
            var row in _store.Client.QueryAsync(
                sql,
                row => new StoredCandle(row.String(), row.String(), row.String(), Read(row)),
                null,
                cancellation
            )
        )
            yield return row;
    }

    private static Candle Read(RowReader row) =>
        new(Instant.From(row.DateTime64()), row.Float64(), row.Float64(), row.Float64(), row.Float64(), row.Float64());

    private static QueryParameters Parameters(MarketId market, Timeframe? timeframe) =>
        new QueryParameters()
            .Add("exchange", market.Exchange)
            .Add("pair", market.Pair.ToString())
            .Add("timeframe", (timeframe ?? market.Timeframe).Name);
}
