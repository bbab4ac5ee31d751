using Remora.ClickHouse;
using Remora.Forecasts;
using Remora.Markets;

namespace Remora.Store.Tables;

/// <summary>
/// The track record: published forecasts against the candles that came after them. ClickHouse
/// grades them, from the rollup of published forecasts and the stored candles; a program gets sums.
/// </summary>
public sealed class ForecastRecord
{
    /// <summary>
    /// How long after the begin of its horizon a forecast can be published and still count: a
    /// quarter of the shortest horizon.
    /// </summary>
    public static readonly TimeSpan Grace = TimeSpan.FromMinutes(15);

    /// <summary>The models with fits, in the order of <see cref="RecordSums.Rivals"/>.</summary>
    public static IReadOnlyList<string> Rivals { get; } = ["har_season", "persistence"];

    private const int Hour = 3600;
    private const string Rollup = "forecasts";
    private readonly MarketStore _store;

    internal ForecastRecord(MarketStore store) => _store = store;

    /// <summary>Returns the first full hour with a forecast that was published in time; null if
    /// there is none.</summary>
    public async Task<Instant?> SinceAsync(MarketId market, CancellationToken cancellation = default)
    {
        var parameters = RecordSql.Of(market);
        return await _store.Client.SingleAsync(
            $"SELECT minOrNull(toDateTime64(bucket, 3, 'UTC')) FROM {View} WHERE {RecordSql.OfMarket} AND "
                + $"{RecordSql.InTime} AND forecast.1",
            row => row.Nullable(value => Instant.From(value.DateTime64())),
            parameters,
            cancellation
        );
    }

    /// <summary>Grades the forecasts whose horizons begin at the full hours of a span.</summary>
    /// <param name="market">The market.</param>
    /// <param name="horizon">The horizon.</param>
    /// <param name="from">The first moment.</param>
    /// <param name="to">The end, exclusive.</param>
    /// <param name="now">The current time: a horizon that ends later has not passed.</param>
    /// <param name="groups">The groups to return.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <returns>One row per group.</returns>
    public async Task<IReadOnlyList<RecordSums>> GradeAsync(
        MarketId market,
        Horizon horizon,
        Instant from,
        Instant to,
        Instant now,
        RecordGroups groups,
        CancellationToken cancellation = default
    )
    {
        var first = (long)Math.Ceiling(from.UnixMilliseconds / 1000.0 / Hour);
        var end = (long)Math.Ceiling(to.UnixMilliseconds / 1000.0 / Hour);
        if (end <= first)
            return [];
        var parameters = RecordSql.Of(market, first, end + horizon.Hours).Add("now", now.UnixMilliseconds / 1000);
        parameters.Add("first", first).Add("end", end);
        return await _store.Client.ListAsync(
            RecordSql.Grade(View, market.Timeframe, horizon, groups),
            RecordSums.Read,
            parameters,
            cancellation
        );
    }

    /// <summary>
    /// Returns the whole hours of a market's stored candles and the sum of the squared returns in
    /// each.
    /// </summary>
    public async Task<IReadOnlyList<HourSquares>> HoursAsync(
        MarketId market,
        Instant from,
        Instant to,
        CancellationToken cancellation = default
    ) =>
        await _store.Client.ListAsync(
            RecordSql.SelectHours(market.Timeframe),
            row => new HourSquares(new(row.Int64() * Hour * 1000), row.Float64()),
            RecordSql.Of(market, Math.Max(0, from.UnixMilliseconds / 1000 / Hour), to.UnixMilliseconds / 1000 / Hour),
            cancellation
        );

    /// <summary>
    /// Returns the log returns of the candles in each whole hour of a market's stored candles, by
    /// the begin of the hour. Candles of 1m are gathered to 5m and those of 3m to 15m.
    /// </summary>
    public async Task<IReadOnlyDictionary<Instant, double[]>> ReturnsAsync(
        MarketId market,
        Instant from,
        Instant to,
        CancellationToken cancellation = default
    ) =>
        (
            await _store.Client.ListAsync(
                RecordSql.SelectReturns(market.Timeframe),
                row => (Hour: new Instant(row.Int64() * Hour * 1000), Returns: row.Array(each => each.Float64())),
                RecordSql.Of(market, from.UnixMilliseconds / 1000 / Hour, to.UnixMilliseconds / 1000 / Hour),
                cancellation
            )
        ).ToDictionary(each => each.Hour, each => each.Returns);

    /// <summary>
    /// Returns from when the newest fit of a market's rivals is valid; null without one.
    /// </summary>
    public Task<Instant?> NewestFitAsync(MarketId market, CancellationToken cancellation = default) =>
        _store.Client.SingleAsync(
            $"SELECT maxOrNull(valid_from) FROM rival_fits WHERE {RecordSql.OfMarket}",
            row => row.Nullable(value => Instant.From(value.DateTime64())),
            RecordSql.Of(market),
            cancellation
        );

    /// <summary>Stores fits of rivals.</summary>
    public Task AddAsync(IReadOnlyList<RivalFitRow> fits, CancellationToken cancellation = default) =>
        _store.Inserts.InsertAsync(StoreTable.RivalFits, fits, _ => _store.Sequence, cancellation);

    private string View =>
        MarketStore.View(_store.Rollups.First(rollup => rollup.Definition.Name.Value == Rollup), "1h");
}

/// <summary>The squared returns of one whole hour.</summary>
/// <param name="Time">The begin of the hour.</param>
/// <param name="Squares">The sum of the squared log returns of its candles.</param>
public readonly record struct HourSquares(Instant Time, double Squares);
