using Remora.Backtest.Chance;
using Remora.Backtest.Forecasts;
using Remora.Forecasts;
using Remora.Markets;
using Remora.Portfolios;

namespace Remora.Backtest.Portfolios;

/// <summary>
/// Fits the tables of books of each vintage (docs/portfolio.md): the losses of fixed books over
/// past horizons, in the volatility that was forecast for them with the coefficients of the time.
/// </summary>
internal static class PortfolioFit
{
    // As for the tables of single markets: with fewer quarters, the tables also have the outcomes
    // that the first fit has seen.
    private const int EnoughQuarters = 4;
    private const ulong Seed = 1;

    /// <summary>
    /// Returns the vintages with their tables. A table counts only outcomes that ended a day before
    /// its vintage became valid. Without two markets or 90 days, there are none.
    /// </summary>
    public static CoefficientVintages AddTables(
        CoefficientVintages vintages,
        IReadOnlyList<ForecastMarket> markets,
        ForecastCalendar calendar,
        CancellationToken cancellation
    )
    {
        if (markets.Count < 2)
            return vintages;
        var hours = BookHours.Of(markets, vintages, calendar, vintages.Newest.ValidFrom, cancellation);
        var model = CovarianceModel.All(hours, 0)[^1];
        var books = FixedBook.Of([.. markets.Select(market => market.Pair.Base)]);
        var fits = vintages.All.ToArray();
        var tables = new PortfolioTables?[fits.Length];
        SideBySide.For(
            fits.Length,
            i =>
            {
                var from = i < EnoughQuarters ? 0 : Math.Max(0, hours.At(fits[0].ValidFrom));
                var all = PortfolioTables
                    .Horizons.Select(horizon => TablesOf(hours, model, books, horizon, from, fits[i].ValidFrom))
                    .ToArray();
                tables[i] = all[0] is { } four && all[1] is { } day ? new(four, day) : null;
            },
            cancellation
        );
        return new(fits.Select((fit, i) => fit with { Portfolio = tables[i] }));
    }

    /// <summary>
    /// Returns the tables of a model from the outcomes of moments from a position on that ended a
    /// day before a moment; null with too few of a kind.
    /// </summary>
    public static HorizonTables? TablesOf(
        BookHours hours,
        CovarianceModel model,
        IReadOnlyList<FixedBook> books,
        Horizon horizon,
        int from,
        Instant validFrom
    )
    {
        var samples = new Dictionary<BookKind, LossSample>();
        var last = Math.Min(hours.Count - 1, hours.At(validFrom - Rivals.Embargo)) - horizon.Hours;
        foreach (var book in books)
        {
            var sample = samples.TryGetValue(book.Kind, out var known) ? known : samples[book.Kind] = new();
            for (var t = from; t <= last; t++)
                if (LossOf(hours, model, book, horizon, t) is var loss && double.IsFinite(loss))
                    sample.Add(loss, (int)(hours.TimeOf(t).UnixMilliseconds / 86_400_000));
        }
        LossTable? Of(BookKind kind) => samples[kind].Table(Draws.SeedFor(Seed, $"{validFrom}|{horizon}|{kind}"));
        return
            Of(BookKind.NetLong) is { } net && Of(BookKind.NetShort) is { } @short && Of(BookKind.Hedged) is { } hedged
            ? new(net, @short, hedged)
            : null;
    }

    /// <summary>
    /// Returns the loss of a book after a moment in forecast volatilities; not finite when it is
    /// unknown.
    /// </summary>
    public static double LossOf(BookHours hours, CovarianceModel model, FixedBook book, Horizon horizon, int t) =>
        -hours.Return(book.Weights.AsSpan(), t, horizon.Hours)
        / Math.Sqrt(model.Variance(book.Weights.AsSpan(), horizon, t));
}
