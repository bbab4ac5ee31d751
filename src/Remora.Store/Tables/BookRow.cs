using Remora.Markets;

namespace Remora.Store.Tables;

/// <summary>
/// What the open trades of a followed bot could lose within 24 hours, at one moment. Ratios are
/// relative to the wallet; an unknown value is NaN or null.
/// </summary>
/// <param name="Bot">The address of the bot, without a password.</param>
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

/// <summary>The history of the books of followed bots.</summary>
public sealed class BookTable
{
    private readonly MarketStore _store;

    internal BookTable(MarketStore store) => _store = store;

    /// <summary>Stores a row. Of two rows of a bot and moment, the later one counts.</summary>
    public Task AddAsync(BookRow row, CancellationToken cancellation = default) =>
        _store.Client.InsertAsync(
            StoreTable.Books.Name,
            StoreTable.Books.Columns,
            [row],
            (writer, each) => StoreTable.Books.Write(writer, each, _store.Sequence),
            Guid.NewGuid().ToString("N"),
            new ClickHouse.QueryOptions { Settings = _store.InsertSettings },
            cancellation
        );
}
