using System.Diagnostics.Metrics;
using Remora.Server.Portfolios;

namespace Remora.Server.Telemetry;

/// <summary>Gauges of the books of followed bots; absent without open trades.</summary>
internal static class BookGauges
{
    public static void Register(Meter meter, IReadOnlyList<BookWatch> books, double likely)
    {
        meter.CreateObservableGauge(
            "remora.book.up",
            () =>
                books.Select(watch => new Measurement<int>(
                    watch.Book is { LastRead: not null, ConsecutiveFailures: 0 } ? 1 : 0,
                    new KeyValuePair<string, object?>("bot", watch.Book.Bot)
                )),
            null,
            "Whether the open trades of a followed bot are read: 1 or 0."
        );
        Each("positions", "Open trades that are counted.", book => book.Risk?.Positions.Count ?? double.NaN);
        Each("not.counted", "Open trades without a forecast.", book => book.Risk?.Unknown.Count ?? double.NaN);
        Each("volatility", "Expected move of the book in 24 hours, a ratio.", b => b.Risk?.Volatility ?? double.NaN);
        Each(
            "value.at.risk",
            "Loss of the book that is not exceeded in 24 hours with a probability of 95 %, a ratio.",
            book => book.Risk?.ValueAtRisk[PortfolioText.At95] ?? double.NaN
        );
        Each(
            "over.limit",
            "Whether the value at risk is above book_limit: 1 or 0; absent without a limit.",
            book => book.Risk?.OverLimit is { } isOver ? (isOver ? 1 : 0) : double.NaN
        );
        Each(
            "liquidation.chance",
            "The highest chance of a liquidation within 24 hours, from 0 to 1.",
            book => book.LiquidationChance
        );
        Each(
            "liquidation.likely",
            "Whether this chance is above liquidation_chance: 1 or 0.",
            book =>
                double.IsNaN(book.LiquidationChance) ? double.NaN
                : book.LiquidationChance > likely ? 1
                : 0
        );

        void Each(string name, string help, Func<FollowedBook, double> value) =>
            meter.CreateFiniteGauge(
                "remora.book." + name,
                () =>
                    books
                        .Select(watch => watch.Book)
                        .Select(book => new Measurement<double>(
                            value(book),
                            new KeyValuePair<string, object?>("bot", book.Bot)
                        )),
                null,
                help
            );
    }
}
