using Remora.Forecasts;
using Remora.Markets;
using Remora.Risk;

namespace Remora.Portfolios;

/// <summary>
/// Says what open positions can lose together (docs/portfolio.md): the forecasts of their markets,
/// joined by the correlations. Immutable; the answer depends on neither the order of the positions
/// nor on markets without one.
/// </summary>
public sealed class PortfolioModel
{
    private readonly Correlations _correlations;
    private readonly Dictionary<Pair, PortfolioMarket> _markets = [];
    private readonly PortfolioMarket? _bitcoin;

    /// <param name="correlations">The correlations of the markets.</param>
    /// <param name="markets">The tracked markets. Of several with one pair, the first with a
    /// forecast is used.</param>
    public PortfolioModel(Correlations correlations, IEnumerable<PortfolioMarket> markets)
    {
        _correlations = correlations;
        foreach (var market in markets)
        {
            var pair = market.Market.Pair;
            if (!_markets.TryGetValue(pair, out var known) || (known.Forecast is null && market.Forecast is not null))
                _markets[pair] = market;
        }
        _bitcoin = _markets
            .Values.Where(market =>
                market.Forecast is not null
                && market.Market.Pair.Base == "BTC"
                && Forecaster.IsDollar(market.Market.Pair.Quote)
            )
            .MinBy(market => market.Market.ToString(), StringComparer.Ordinal);
    }

    /// <summary>
    /// Assesses a book; null when there are positions, or a candidate, and none of them is known.
    /// </summary>
    /// <exception cref="ArgumentException">There are more than
    /// <see cref="PortfolioQuestion.MostPositions"/> positions, a number is not allowed, or the
    /// horizon is not one of <see cref="PortfolioTables.Horizons"/>.</exception>
    public PortfolioRisk? Assess(IReadOnlyList<Position> positions, PortfolioQuestion question)
    {
        Check(positions, question);
        var unknown = new List<UnknownPosition>();
        var held = new List<Held>();
        for (var i = 0; i < positions.Count; i++)
        {
            if (Find(positions[i].Pair, positions[i].Weight, unknown) is { } market)
                held.Add(new(positions[i], market, i));
        }
        var candidate = question.Candidate is { } asked ? Find(asked.Pair, asked.Size ?? double.NaN, unknown) : null;
        if (held.Count == 0 && unknown.Count > 0 && candidate is null)
            return null;

        // Sums in one order, so that a permutation of the positions changes no bit, and longs apart
        // from shorts, so that opposite positions cancel exactly.
        held.Sort(
            (x, y) =>
                Compare(x.Market, y.Market) is var order and not 0
                    ? order
                    : Math.Abs(x.Position.Weight).CompareTo(Math.Abs(y.Position.Weight))
        );
        var book = BookOf(held.Select(one => one.Market), question.Horizon);
        var places = held.Select(one => IndexIn(book, one.Market)).ToArray();
        var weights = WeightsOf(book, held, places, without: -1);
        var effects = new double[weights.Length];
        var exposure = book.Measure(weights, effects);
        var (at95, at99) = IntervalsOf(book, exposure);
        var results = new PositionRisk[held.Count];
        for (var k = 0; k < held.Count; k++)
        {
            var one = held[k];
            var share = one.Position.Weight * effects[places[k]];
            results[k] = new(
                one.Position,
                one.Market.Market,
                share,
                exposure.Volatility > 0 ? 100 * share / exposure.Volatility : double.NaN,
                book.FiguresOf(WeightsOf(book, held, places, without: k)),
                ChancesOf(one.Market, one.Position, one.Position.Stop),
                ChancesOf(one.Market, one.Position, one.Position.Liquidation)
            );
        }
        return new()
        {
            Horizon = question.Horizon,
            AsOf = book.Markets.Count == 0 ? null : book.Markets.Min(market => market.Forecast!.AsOf),
            Book = book.FiguresOf(weights, exposure),
            IntervalsAt95 = at95,
            IntervalsAt99 = at99,
            Gross = held.Sum(one => Math.Abs(one.Position.Weight)),
            Net = held.Sum(one => one.Position.Weight),
            AddedVolatility = exposure.Added,
            IndependentBets = exposure.Volatility > 0 ? Square(exposure.Added / exposure.Volatility) : double.NaN,
            Positions = [.. results.Zip(held).OrderBy(pair => pair.Second.Order).Select(pair => pair.First)],
            Unknown = unknown,
            Assumed = book.Assumed,
            OutsideTestedRange =
            [
                .. book.Markets.Where(market => !market.Forecast!.InTestedRange).Select(market => market.Market),
            ],
            IsClipped = book.IsClipped,
            Coefficients = book.Fit?.Id,
            InSample = book.Markets.Any(market => market.Forecast!.InSample),
            AtCorrelationOne = book.AtCorrelationOne(weights, exposure),
            Stress = [.. StressDays.All.Select(day => Through(day, book, weights))],
            Candidate = candidate is null ? null : Answer(candidate, question, held),
        };
    }

    private static void Check(IReadOnlyList<Position> positions, PortfolioQuestion question)
    {
        if (!PortfolioTables.Horizons.Contains(question.Horizon))
            throw new ArgumentException($"horizon: expected 4h or 24h, not {question.Horizon}", nameof(question));
        if (positions.Count > PortfolioQuestion.MostPositions)
            throw new ArgumentException(
                $"positions: expected at most {PortfolioQuestion.MostPositions}, not {positions.Count}",
                nameof(positions)
            );
        for (var i = 0; i < positions.Count; i++)
        {
            var (name, position) = ($"positions[{i}]", positions[i]);
            Require(Math.Abs(position.Weight), $"{name}.weight", PortfolioQuestion.LargestWeight);
            Require(position.Stop ?? 1, $"{name}.stop", double.MaxValue);
            Require(position.Liquidation ?? 1, $"{name}.liquidation", double.MaxValue);
        }
        Require(question.Limit ?? 1, "limit", PortfolioQuestion.LargestWeight);
        Require(question.Candidate?.Size ?? 1, "candidate.size", PortfolioQuestion.LargestWeight);
    }

    private static void Require(double value, string name, double most)
    {
        if (!(value > 0 && value <= most))
            throw new ArgumentException(
                FormattableString.Invariant($"{name}: expected a number above 0 up to {most}, not {value}")
            );
    }

    private PortfolioMarket? Find(Pair pair, double weight, List<UnknownPosition> unknown)
    {
        if (!_markets.TryGetValue(pair, out var market))
            unknown.Add(new(pair, weight, UnknownReason.NotTracked));
        else if (market.Forecast is null)
            unknown.Add(new(pair, weight, UnknownReason.NoForecast));
        else
            return market;
        return null;
    }

    private Book BookOf(IEnumerable<PortfolioMarket> markets, Horizon horizon)
    {
        PortfolioMarket[] distinct = [.. markets.Distinct()];
        Array.Sort(distinct, Compare);
        return new(distinct, _correlations, horizon);
    }

    private static int Compare(PortfolioMarket one, PortfolioMarket other) =>
        string.CompareOrdinal(one.Market.ToString(), other.Market.ToString());

    private static int IndexIn(Book book, PortfolioMarket market)
    {
        for (var i = 0; i < book.Markets.Count; i++)
            if (ReferenceEquals(book.Markets[i], market))
                return i;
        throw new InvalidOperationException($"{market.Market} is not in the book");
    }

    private static double[] WeightsOf(Book book, List<Held> held, int[] places, int without)
    {
        var (longs, shorts) = (new double[book.Markets.Count], new double[book.Markets.Count]);
        for (var k = 0; k < held.Count; k++)
        {
            var weight = held[k].Position.Weight;
            if (k != without)
                (weight > 0 ? longs : shorts)[places[k]] += Math.Abs(weight);
        }
        for (var i = 0; i < longs.Length; i++)
            longs[i] -= shorts[i];
        return longs;
    }

    private static (LossIntervals At95, LossIntervals At99) IntervalsOf(Book book, in Exposure exposure)
    {
        var volatility = exposure.Volatility;
        var table = book.TableOf(exposure);
        Bounds Scale(Bounds bounds) => new(volatility * bounds.Low, volatility * bounds.High);
        LossIntervals Of(double level) =>
            table?.Of(level) is { } intervals
                ? new(Scale(intervals.ValueAtRisk), Scale(intervals.ExpectedShortfall))
                : new(new(double.NaN, double.NaN), new(double.NaN, double.NaN));
        return (Of(LossTable.Levels[0]), Of(LossTable.Levels[1]));
    }

    private static TouchChances? ChancesOf(PortfolioMarket market, Position position, double? level)
    {
        if (level is not { } price)
            return null;
        double Within(Horizon horizon) =>
            market.Forecast![horizon].ChanceOfTouch(market.Price, price, isBelow: position.Weight > 0);
        return new(Within(Horizon.FourHours), Within(Horizon.OneDay));
    }

    private CandidateRisk Answer(PortfolioMarket market, PortfolioQuestion question, List<Held> held)
    {
        var (side, size) = (question.Candidate!.Side, question.Candidate.Size);
        var book = BookOf(held.Select(one => one.Market).Append(market), question.Horizon);
        var places = held.Select(one => IndexIn(book, one.Market)).ToArray();
        var weights = WeightsOf(book, held, places, without: -1);
        var place = IndexIn(book, market);
        var effects = new double[weights.Length];
        book.Measure(weights, effects);
        var isHedge = side == Side.Long ? effects[place] < 0 : effects[place] > 0;
        var largest = question.Limit is { } limit ? book.LargestSize(weights, place, side, limit) : double.NaN;
        BookFigures? after = null;
        if (size is { } added)
        {
            weights[place] += side == Side.Long ? added : -added;
            after = book.FiguresOf(weights);
        }
        return new(market.Market, largest, isHedge, after);
    }

    private StressResult Through(StressDays day, Book book, double[] weights)
    {
        var moves = book.Markets.Select(market => MoveOf(day, market)).ToArray();
        var (change, low, known) = (0.0, 0.0, false);
        for (var i = 0; i < moves.Length; i++)
        {
            if (moves[i].Source == MoveSource.Unknown)
                continue;
            known = true;
            change += weights[i] * moves[i].Change;
            low += weights[i] * moves[i].AtLow;
        }
        return known || moves.Length == 0
            ? new(day.Day, change, low, moves)
            : new(day.Day, double.NaN, double.NaN, moves);
    }

    private StressMove MoveOf(StressDays day, PortfolioMarket market)
    {
        if (day.Of(market.Market.Pair) is { } move)
            return new(market.Market, move.Change, move.AtLow, MoveSource.Measured);
        if (_bitcoin is null)
            return new(market.Market, double.NaN, double.NaN, MoveSource.Unknown);
        var beta =
            _correlations.Between(market.Market, _bitcoin.Market).Value
            * market.Forecast![Horizon.OneDay].Volatility
            / _bitcoin.Forecast![Horizon.OneDay].Volatility;
        double Of(double bitcoin) => Math.Exp(beta * Math.Log(1 + bitcoin)) - 1;
        return new(market.Market, Of(day.Bitcoin.Change), Of(day.Bitcoin.AtLow), MoveSource.Beta);
    }

    private static double Square(double value) => value * value;

    /// <summary>A known position.</summary>
    private sealed record Held(Position Position, PortfolioMarket Market, int Order);
}
