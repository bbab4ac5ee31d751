using Remora.Markets;

namespace Remora.Store.Tables;

/// <summary>
/// What the open trades of a followed bot, or a fixed book, could lose within 24 hours, at one
/// moment. Ratios are relative to the wallet; an unknown value is NaN or null.
/// </summary>
/// <param name="Bot">The address of the bot, without a password; the name of a fixed
/// book.</param>
/// <param name="At">The moment.</param>
/// <param name="Currency">The currency of the wallet.</param>
/// <param name="Wallet">The balance that the bot manages.</param>
/// <param name="Positions">The number of counted positions.</param>
/// <param name="NotCounted">The number of positions without a forecast.</param>
/// <param name="Volatility">The expected size of the move.</param>
/// <param name="ValueAtRisk95">The value at risk at 95 %.</param>
/// <param name="ValueAtRisk99">The value at risk at 99 %.</param>
/// <param name="ExpectedShortfall95">The expected shortfall at 95 %.</param>
/// <param name="ExpectedShortfall99">The expected shortfall at 99 %.</param>
/// <param name="LiquidationChance">The highest chance of a liquidation; NaN without one.</param>
/// <param name="OverLimit">Whether the value at risk was above the limit.</param>
/// <param name="Answer">The whole answer as JSON.</param>
public sealed record BookRow(
    string Bot,
    Instant At,
    string Currency,
    double Wallet,
    int Positions,
    int NotCounted,
    double Volatility,
    double ValueAtRisk95,
    double ValueAtRisk99,
    double ExpectedShortfall95,
    double ExpectedShortfall99,
    double LiquidationChance,
    bool? OverLimit,
    string Answer
);

/// <summary>What was said about a book at a full hour, for grading.</summary>
/// <param name="Bot">The address of the bot, or the name of a fixed book.</param>
/// <param name="At">The full hour.</param>
/// <param name="AsOf">The oldest close among those that the answer used; null without one.</param>
/// <param name="InSample">Whether a forecast used coefficients that have seen its outcome.</param>
/// <param name="Volatility">The expected size of the move within 24 hours.</param>
/// <param name="ValueAtRisk">The value at risk at 95 and 99 %; NaN when it is unknown.</param>
/// <param name="ExpectedShortfall">The expected shortfall at 95 and 99 %.</param>
/// <param name="Pairs">The pair of the market of each position.</param>
/// <param name="Weights">The weight of each position.</param>
public sealed record BookForecast(
    string Bot,
    Instant At,
    Instant? AsOf,
    bool InSample,
    double Volatility,
    IReadOnlyList<double> ValueAtRisk,
    IReadOnlyList<double> ExpectedShortfall,
    IReadOnlyList<string> Pairs,
    IReadOnlyList<double> Weights
);

/// <summary>The history of the books of followed bots and of fixed books.</summary>
public sealed class BookTable
{
    private readonly MarketStore _store;

    internal BookTable(MarketStore store) => _store = store;

    /// <summary>Stores a row. Of two rows of a bot and moment, the later one counts.</summary>
    public Task AddAsync(BookRow row, CancellationToken cancellation = default) =>
        _store.Inserts.InsertAsync(StoreTable.Books, [row], _ => _store.Sequence, cancellation);

    /// <summary>Returns what was said about all books in a span, by book and time.</summary>
    /// <param name="from">The first moment.</param>
    /// <param name="to">The end, exclusive.</param>
    /// <param name="cancellation">Stops waiting.</param>
    public async Task<IReadOnlyList<BookForecast>> ListAsync(
        Instant from,
        Instant to,
        CancellationToken cancellation = default
    ) =>
        await _store.Client.ListAsync(
            """
            SELECT bot, at, JSONExtractString(answer, 'as_of'), JSONExtractBool(answer, 'in_sample'), volatility,
                [ifNull(value_at_risk_95, nan), ifNull(value_at_risk_99, nan)],
                [ifNull(expected_shortfall_95, nan), ifNull(expected_shortfall_99, nan)],
                arrayMap(position -> position.1, positions), arrayMap(position -> position.2, positions)
            FROM (
                SELECT bot, at, volatility, value_at_risk_95, value_at_risk_99, expected_shortfall_95,
                    expected_shortfall_99, answer,
                    JSONExtract(answer, 'positions', 'Array(Tuple(market String, exposure Float64))') AS positions
                FROM books FINAL
                WHERE toUnixTimestamp64Milli(at) >= {from:Int64}
                    AND toUnixTimestamp64Milli(at) < {to:Int64}
            )
            ORDER BY bot, at
            """,
            Read,
            new ClickHouse.QueryParameters().Add("from", from.UnixMilliseconds).Add("to", to.UnixMilliseconds),
            cancellation
        );

    private static BookForecast Read(ClickHouse.Rows.RowReader row) =>
        new(
            row.String(),
            Instant.From(row.DateTime64()),
            Instant.TryParse(row.String(), out var asOf) ? asOf : null,
            row.UInt8() != 0,
            row.Float64(),
            row.Array(number => number.Float64()),
            row.Array(number => number.Float64()),
            row.Array(name => name.String()),
            row.Array(number => number.Float64())
        );
}
