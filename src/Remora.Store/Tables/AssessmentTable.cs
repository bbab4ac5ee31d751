using Remora.ClickHouse;
using Remora.ClickHouse.Rollups;
using Remora.ClickHouse.Rows;
using Remora.Columns;
using Remora.Markets;
using Remora.Risk;

namespace Remora.Store.Tables;

/// <summary>An assessment as it was recorded.</summary>
/// <param name="AssessedAt">The moment of the assessment.</param>
/// <param name="SafeToTrade">Whether entries were safe.</param>
/// <param name="RiskScore">The risk score; null while unknown.</param>
/// <param name="Answer">The complete response in JSON, byte for byte.</param>
public sealed record StoredAssessment(
    Instant AssessedAt,
    bool SafeToTrade,
    double? RiskScore,
    ReadOnlyMemory<byte> Answer
);

/// <summary>A bucket of a market's assessment history. Unknown values are null.</summary>
public sealed record HistoryRow
{
    /// <summary>The start of the bucket.</summary>
    public required Instant Time { get; init; }

    /// <summary>The number of assessments.</summary>
    public required long Assessments { get; init; }

    /// <summary>The number of blocked assessments.</summary>
    public required long Blocked { get; init; }

    /// <summary>The share of assessments that were not blocked, [0, 1].</summary>
    public required double SafeShare { get; init; }

    /// <summary>The mean risk score.</summary>
    public double? RiskMean { get; init; }

    /// <summary>The lowest risk score.</summary>
    public double? RiskMin { get; init; }

    /// <summary>The highest risk score.</summary>
    public double? RiskMax { get; init; }

    /// <summary>The 95th percentile of the risk score, estimated.</summary>
    public double? RiskP95 { get; init; }

    /// <summary>The last risk score.</summary>
    public double? RiskLast { get; init; }

    /// <summary>The mean part of volatility in the risk score.</summary>
    public double? VolatilityPart { get; init; }

    /// <summary>The mean part of the regime in the risk score.</summary>
    public double? RegimePart { get; init; }

    /// <summary>The mean part of the trend against the side in the risk score.</summary>
    public double? TrendStrengthPart { get; init; }

    /// <summary>The mean part of momentum against the side in the risk score.</summary>
    public double? MomentumPart { get; init; }

    /// <summary>The mean part of outside signals in the risk score; 0 if none was known.</summary>
    public double? ExternalPart { get; init; }

    /// <summary>The mean volatility.</summary>
    public double? VolatilityMean { get; init; }

    /// <summary>The highest volatility.</summary>
    public double? VolatilityMax { get; init; }

    /// <summary>The lowest confidence.</summary>
    public double? ConfidenceMin { get; init; }

    /// <summary>The last regime.</summary>
    public string? RegimeLast { get; init; }

    /// <summary>The last close.</summary>
    public double? CloseLast { get; init; }
}

/// <summary>The stored assessments and their rollups.</summary>
public sealed class AssessmentTable
{
    private const string OfMarket =
        "exchange = {exchange:String} AND pair = {pair:String} AND timeframe = {timeframe:String} AND policy = "
        + "{policy:String}";

    private static readonly string[] BucketValues =
    [
        "assessments",
        "blocked",
        "safe_share",
        "risk_mean",
        "risk_min",
        "risk_max",
        "risk_p95",
        "risk_last",
        "part_volatility_mean",
        "part_regime_mean",
        "part_trend_strength_mean",
        "part_momentum_mean",
        "part_external_mean",
        "volatility_mean",
        "volatility_max",
        "confidence_min",
        "regime_last",
        "close_last",
    ];

    private static readonly string[] BucketCounts =
    [
        "regime_bull",
        "regime_sideways",
        "regime_bear",
        "regime_choppy",
        "regime_high_vol",
        "regime_panic",
        "stale",
    ];

    private readonly MarketStore _store;

    internal AssessmentTable(MarketStore store) => _store = store;

    /// <summary>
    /// The columns of exported buckets. The last ones are only in exports, not in
    /// <see cref="HistoryRow"/>.
    /// </summary>
    public static IReadOnlyList<string> BucketColumns { get; } = ["time", .. BucketValues, .. BucketCounts];

    /// <summary>
    /// Returns the assessment that was current at a moment: the newest one at or before it; null if
    /// there is none.
    /// </summary>
    public async Task<StoredAssessment?> AtAsync(
        MarketId market,
        string policy,
        Instant time,
        CancellationToken cancellation = default
    )
    {
        var parameters = Parameters(market, policy);
        var where = Span.UpTo(time).Where("assessed_at", parameters);
        var rows = await _store.Client.ListAsync(
            $"SELECT assessed_at, safe_to_trade, risk_score, answer FROM assessments WHERE {OfMarket} AND {where} "
                + $"ORDER BY assessed_at DESC, sequence DESC LIMIT 1",
            Read,
            parameters,
            cancellation
        );
        return rows is [var row] ? row : null;
    }

    /// <summary>Returns the complete assessments of a span.</summary>
    public StoreQuery<StoredAssessment> Of(MarketId market, string policy, Span span = default)
    {
        var parameters = Parameters(market, policy);
        return new(
            _store.Client,
            $"SELECT assessed_at, safe_to_trade, risk_score, answer FROM assessments WHERE {OfMarket} AND "
                + $"{span.Where("assessed_at", parameters)}{span.Order("assessed_at, sequence", parameters)}",
            parameters,
            Read
        );
    }

    /// <summary>
    /// Returns the time of the last assessment of each market within a span, with one query.
    /// </summary>
    /// <param name="markets">The markets.</param>
    /// <param name="policy">The name of the policy.</param>
    /// <param name="since">The start of the span, inclusive.</param>
    /// <param name="now">
    /// The end of the span, inclusive. Later rows were recorded with a wrong clock.
    /// </param>
    /// <param name="cancellation">Cancels the query.</param>
    public async Task<IReadOnlyDictionary<MarketId, Instant>> LastOfEachAsync(
        IReadOnlyCollection<MarketId> markets,
        string policy,
        Instant since,
        Instant now,
        CancellationToken cancellation = default
    )
    {
        var parameters = new QueryParameters().Add("policy", policy);
        var rows = await _store.Client.ListAsync(
            $"SELECT exchange, pair, timeframe, max(assessed_at) FROM assessments WHERE policy = {{policy:String}} "
                + $"AND {Span.UpTo(now, since).Where("assessed_at", parameters)} GROUP BY exchange, pair, timeframe",
            row => (Market: (row.String(), row.String(), row.String()), Last: Instant.From(row.DateTime64())),
            parameters,
            cancellation
        );
        var last = rows.ToDictionary(row => row.Market, row => row.Last);
        return markets
            .Where(market => last.ContainsKey(Name(market)))
            .ToDictionary(market => market, market => last[Name(market)]);

        static (string, string, string) Name(MarketId market) =>
            (market.Exchange, market.Pair.ToString(), market.Timeframe.Name);
    }

    /// <summary>Returns the close times of all candles with a stored assessment.</summary>
    public async Task<HashSet<Instant>> CandlesAssessedAsync(
        MarketId market,
        string policy,
        CancellationToken cancellation = default
    ) =>
        [
            .. await _store.Client.ListAsync(
                $"SELECT DISTINCT assumeNotNull(as_of) FROM assessments WHERE {OfMarket} AND as_of IS NOT NULL",
                row => Instant.From(row.DateTime64()),
                Parameters(market, policy),
                cancellation
            ),
        ];

    /// <summary>
    /// Returns every assessment of a span; for several at one moment, the last one. Short
    /// assessments exist from their first recording on.
    /// </summary>
    public StoreQuery<AssessmentRow> EachOf(MarketId market, string policy, Span span = default, Side side = Side.Long)
    {
        var parameters = Parameters(market, policy);
        var recorded = side == Side.Short ? " AND short_safe_to_trade IS NOT NULL" : "";
        var last =
            $"SELECT * FROM assessments WHERE {OfMarket}{recorded} AND {span.Where("assessed_at", parameters)} "
            + $"ORDER BY assessed_at, sequence DESC LIMIT 1 BY assessed_at";
        return new(
            _store.Client,
            $"SELECT {SelectList.Of(AssessmentColumns.Rows, side)} FROM ({last}){span.Order("time", parameters)}",
            parameters,
            NamedRow.Reader(row => new AssessmentRow(row))
        );
    }

    /// <summary>Returns the history of a market under a policy, from the rollups.</summary>
    /// <param name="market">The market.</param>
    /// <param name="policy">The name of the policy.</param>
    /// <param name="interval">One of <see cref="StoreIntervals.History"/>.</param>
    /// <param name="span">The span of bucket starts.</param>
    /// <param name="side">The side. Short assessments exist from their first recording on.</param>
    /// <exception cref="StoreException">The interval is unknown.</exception>
    public StoreQuery<HistoryRow> HistoryOf(
        MarketId market,
        string policy,
        string interval,
        Span span = default,
        Side side = Side.Long
    )
    {
        var parameters = Parameters(market, policy);
        var from =
            $"FROM {MarketStore.View(RollupOf(side), interval)} WHERE {OfMarket} AND "
            + $"{span.Where("bucket", parameters)}{span.Order("bucket", parameters)}";
        return new(_store.Client, $"SELECT {Select(BucketValues)} {from}", parameters, NamedRow.Reader(ReadHistory))
        {
            ExportSql = $"SELECT {Select([.. BucketValues, .. BucketCounts])} {from}",
        };

        // The rollup has an empty text instead of null for an unknown regime.
        static string Select(IEnumerable<string> values) =>
            "bucket AS time, "
            + string.Join(
                ", ",
                values.Select(name => name == "regime_last" ? "nullIf(regime_last, '') AS regime_last" : name)
            );
    }

    private Rollup RollupOf(Side side)
    {
        var name = side == Side.Long ? "risk" : "risk_short";
        return _store.Rollups.First(rollup => rollup.Definition.Name.Value == name);
    }

    private static StoredAssessment Read(RowReader row) =>
        new(Instant.From(row.DateTime64()), row.Bool(), row.Nullable(value => value.Float64()), row.Bytes().ToArray());

    private static HistoryRow ReadHistory(NamedRow row) =>
        new()
        {
            Time = row.Time("time")!.Value,
            Assessments = row.Count("assessments"),
            Blocked = row.Count("blocked"),
            SafeShare = row.Number("safe_share")!.Value,
            RiskMean = row.Number("risk_mean"),
            RiskMin = row.Number("risk_min"),
            RiskMax = row.Number("risk_max"),
            RiskP95 = row.Number("risk_p95"),
            RiskLast = row.Number("risk_last"),
            VolatilityPart = row.Number("part_volatility_mean"),
            RegimePart = row.Number("part_regime_mean"),
            TrendStrengthPart = row.Number("part_trend_strength_mean"),
            MomentumPart = row.Number("part_momentum_mean"),
            ExternalPart = row.Number("part_external_mean"),
            VolatilityMean = row.Number("volatility_mean"),
            VolatilityMax = row.Number("volatility_max"),
            ConfidenceMin = row.Number("confidence_min"),
            RegimeLast = row.Text("regime_last"),
            CloseLast = row.Number("close_last"),
        };

    private static QueryParameters Parameters(MarketId market, string policy) =>
        new QueryParameters()
            .Add("exchange", market.Exchange)
            .Add("pair", market.Pair.ToString())
            .Add("timeframe", market.Timeframe.Name)
            .Add("policy", policy);
}
