using System.Globalization;
using Remora.Forecasts;
using Remora.Markets;
using Remora.Portfolios;
using Remora.Server.Api.Portfolios;
using static System.FormattableString;

namespace Remora.Server.Portfolios;

/// <summary>Turns the risk of a book into an answer with its sentences.</summary>
internal static class PortfolioText
{
    /// <summary>The names of the levels.</summary>
    public const string At95 = "0.95",
        At99 = "0.99";

    /// <summary>Returns the answer.</summary>
    /// <param name="risk">The risk of the known positions.</param>
    /// <param name="request">The request.</param>
    /// <param name="known">The known positions, in the order of <paramref name="risk"/>.</param>
    /// <param name="candidate">The candidate; null without one or if it is unknown.</param>
    /// <param name="unknown">What is not counted.</param>
    public static PortfolioAnswer Answer(
        PortfolioRisk risk,
        PortfolioRequest request,
        IReadOnlyList<Sized> known,
        Sized? candidate,
        IReadOnlyList<UnknownAnswer> unknown
    )
    {
        var (wallet, book) = (request.Wallet!.Value, risk.Book);
        var figures = Figures(book);
        return new(
            Summary(risk, unknown.Count),
            risk.AsOf,
            risk.Horizon,
            wallet,
            book.Kind,
            risk.Gross,
            risk.Net,
            figures.Volatility,
            figures.ValueAtRisk,
            figures.ExpectedShortfall,
            double.IsNaN(risk.IntervalsAt95.ValueAtRisk.Low)
                ? null
                : new Dictionary<string, IntervalsAnswer>
                {
                    [At95] = Intervals(risk.IntervalsAt95),
                    [At99] = Intervals(risk.IntervalsAt99),
                },
            Figures(book, wallet),
            risk.AddedVolatility,
            risk.IndependentBets,
            request.Limit,
            IsOver(book, request.Limit),
            [.. risk.Positions.Zip(known).Select(pair => Position(pair.First, pair.Second, risk.Horizon))],
            risk.Candidate is { } answer && candidate is not null
                ? Candidate(answer, candidate, wallet, request.Limit)
                : null,
            unknown,
            [
                .. risk.Stress.Select(day => Stress(day, wallet)),
                new(
                    "correlation_one",
                    -risk.AtCorrelationOne.At95.ValueAtRisk,
                    double.NaN,
                    -risk.AtCorrelationOne.At95.ValueAtRisk * wallet,
                    [],
                    []
                ),
            ],
            [
                .. risk.Assumed.Select(one => new CorrelationAnswer(
                    [one.One.Pair, one.Other.Pair],
                    one.Value,
                    one.Hours,
                    Assumed: true
                )),
            ],
            [.. risk.OutsideTestedRange.Select(market => market.Pair)],
            risk.Coefficients,
            risk.InSample,
            [.. Notes(risk, unknown.Count)]
        );
    }

    /// <summary>
    /// Returns whether the value at risk at 95 % is above a limit; null if one of them is unknown.
    /// </summary>
    public static bool? IsOver(BookFigures book, double? limit) =>
        limit is { } most && !double.IsNaN(book.At95.ValueAtRisk) ? book.At95.ValueAtRisk > most : null;

    private static string Summary(PortfolioRisk risk, int unknown)
    {
        var n = risk.Positions.Count;
        var these = n == 1 ? "this position" : $"these {n} positions";
        var many = n == 1 ? "moves" : "move";
        var span = risk.Horizon == Horizon.OneDay ? "day" : $"span of {Words(risk.Horizon)}";
        if (risk.Book.Kind == BookKind.Flat || !(risk.Book.Volatility > 0))
            return Upper($"{these} cancel each other: the book does not move");
        var parts = new List<string>
        {
            n == 1 ? $"{these} {many} the wallet by about {Percent(risk.Book.Volatility)} in {Words(risk.Horizon)}"
            : risk.IndependentBets > n
                ? Invariant(
                    $"{these} partly cancel, and move {Math.Sqrt(risk.IndependentBets):0.0} times less than apart"
                )
            : Invariant($"{these} act like {risk.IndependentBets:0.0} bets"),
        };
        if (double.IsNaN(risk.Book.At95.ValueAtRisk))
            parts.Add($"a usual move of the wallet in {Words(risk.Horizon)} is {Percent(risk.Book.Volatility)}");
        else
            parts.Add($"one {span} in twenty loses more than {Percent(risk.Book.At95.ValueAtRisk)} of the wallet");
        var shares = risk
            .Positions.GroupBy(position => position.Market.Pair.Base)
            .Select(group => (Name: group.Key, Share: group.Sum(position => position.SharePercent)))
            .ToList();
        var (largest, hedge) = (shares.MaxBy(group => group.Share), shares.MinBy(group => group.Share));
        if (n > 1)
            parts.Add(
                Invariant($"{largest.Name} carries {largest.Share:0} % of that")
                    + (hedge.Share < 0 ? Invariant($", {hedge.Name} takes {-hedge.Share:0} % off") : "")
            );
        if (unknown > 0)
            parts.Add($"{unknown} more {(unknown == 1 ? "is" : "are")} not counted");
        return Upper(string.Join("; ", parts));
    }

    private static IEnumerable<string> Notes(PortfolioRisk risk, int unknown)
    {
        if (unknown > 0)
            yield return "Positions without a forecast are not counted: the book can lose more than these figures say.";
        yield return "Not included: liquidation, funding, fees, the failure of an exchange, and jumps beyond those of "
            + "the past.";
        if (risk.Book.Kind is BookKind.Hedged or BookKind.Flat)
            yield return "In a crash correlations change: a hedge can fail then, and the table of hedged books "
                + "contains few such days.";
        if (double.IsNaN(risk.Book.At95.ValueAtRisk) && risk.Book.Volatility > 0)
            yield return "Most of the risk is in markets outside the tested range, or the coefficients have no table "
                + "of books: the losses are unknown.";
    }

    private static PositionAnswer Position(PositionRisk risk, Sized sized, Horizon horizon) =>
        new(
            sized.Pair,
            risk.Market.Pair,
            sized.Side,
            sized.Notional!.Value,
            risk.Position.Weight,
            sized.Latest.Forecast![horizon].Volatility,
            risk.Share,
            risk.SharePercent,
            Figures(risk.Closed),
            Touch(sized.Request.StopPrice, risk.Stop),
            Touch(sized.Request.LiquidationPrice, risk.Liquidation),
            sized.Latest.Stale
        );

    private static TouchAnswer? Touch(double? price, TouchChances? chances) =>
        price is { } level && chances is not null
            ? new(
                level,
                new Dictionary<string, double>
                {
                    [Horizon.FourHours.Name] = chances.FourHours,
                    [Horizon.OneDay.Name] = chances.OneDay,
                }
            )
            : null;

    private static CandidateAnswer Candidate(CandidateRisk risk, Sized sized, double wallet, double? limit) =>
        new(
            sized.Pair,
            risk.Market.Pair,
            sized.Side,
            sized.Notional,
            risk.IsHedge,
            risk.LargestSize * wallet,
            risk.After is { } after && IsOver(after, limit) is { } isOver ? !isOver : null,
            risk.After is null ? null : Figures(risk.After)
        );

    private static StressAnswer Stress(StressResult day, double wallet) =>
        new(
            day.Day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            day.Change,
            day.AtLow,
            day.Change * wallet,
            PairsOf(day, MoveSource.Beta),
            PairsOf(day, MoveSource.Unknown)
        );

    private static IReadOnlyList<Pair> PairsOf(StressResult day, MoveSource source) =>
        [.. day.Moves.Where(move => move.Source == source).Select(move => move.Market.Pair)];

    private static FiguresAnswer Figures(BookFigures book, double times = 1) =>
        new(
            book.Volatility * times,
            new Dictionary<string, double>
            {
                [At95] = book.At95.ValueAtRisk * times,
                [At99] = book.At99.ValueAtRisk * times,
            },
            new Dictionary<string, double>
            {
                [At95] = book.At95.ExpectedShortfall * times,
                [At99] = book.At99.ExpectedShortfall * times,
            }
        );

    private static IntervalsAnswer Intervals(LossIntervals intervals) =>
        new(
            [intervals.ValueAtRisk.Low, intervals.ValueAtRisk.High],
            [intervals.ExpectedShortfall.Low, intervals.ExpectedShortfall.High]
        );

    // Never more digits than mean something.
    private static string Percent(double ratio) =>
        (ratio * 100) switch
        {
            < 1 => Invariant($"{ratio * 100:0.##} %"),
            < 9.95 => Invariant($"{ratio * 100:0.#} %"),
            _ => Invariant($"{ratio * 100:0} %"),
        };

    private static string Words(Horizon horizon) => $"{horizon.Hours} hours";

    private static string Upper(string text) => char.ToUpperInvariant(text[0]) + text[1..];
}
