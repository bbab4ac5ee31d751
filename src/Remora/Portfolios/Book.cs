using Remora.Forecasts;
using Remora.Markets;
using Remora.Risk;

namespace Remora.Portfolios;

/// <summary>
/// The markets of a book with their volatilities and correlations over one horizon. Weights are
/// those of the markets in their order, each the sum of the positions in it.
/// </summary>
internal sealed class Book
{
    private const double Cancelled = 1e-14; // of the square of the added volatility: rounding
    private const double Balanced = 0.5; // net over gross exposure of hedged books
    private const double MostOutside = 0.5;
    private readonly PortfolioMarket[] _markets;
    private readonly HorizonForecast[] _forecasts;
    private readonly double[] _sigmas;
    private readonly CorrelationMatrix _correlations;
    private readonly HorizonTables? _tables;

    /// <param name="markets">The markets, ordered by their text, each with a forecast.</param>
    /// <param name="correlations">The correlations.</param>
    /// <param name="horizon">The horizon.</param>
    public Book(PortfolioMarket[] markets, Correlations correlations, Horizon horizon)
    {
        var n = markets.Length;
        _markets = markets;
        _forecasts = [.. markets.Select(market => market.Forecast![horizon])];
        _sigmas = [.. _forecasts.Select(forecast => forecast.Volatility)];
        var values = new double[n * n];
        var assumed = new List<AssumedCorrelation>();
        for (var i = 0; i < n; i++)
        {
            values[(i * n) + i] = 1;
            for (var j = 0; j < i; j++)
            {
                var (one, other) = (markets[j].Market, markets[i].Market);
                var correlation = correlations.Between(one, other);
                values[(i * n) + j] = values[(j * n) + i] = correlation.Value;
                if (correlation.IsAssumed)
                    assumed.Add(new(one, other, correlation.Value, correlation.Hours));
            }
        }
        Assumed = assumed;
        _correlations = new(values, n);
        // All have the coefficients of one vintage, but for a moment at its begin.
        Fit = markets.MaxBy(market => market.Forecast!.AsOf.UnixMilliseconds)?.Forecast!.GetCoefficients();
        _tables = Fit?.Portfolio?.Of(horizon);
    }

    public IReadOnlyList<AssumedCorrelation> Assumed { get; }

    public bool IsClipped => _correlations.IsClipped;

    /// <summary>The coefficients; null without markets.</summary>
    public ForecastCoefficients? Fit { get; }

    public IReadOnlyList<PortfolioMarket> Markets => _markets;

    public ReadOnlySpan<double> Sigmas => _sigmas;

    /// <summary>Measures an exposure.</summary>
    /// <param name="weights">The weights of the markets.</param>
    /// <param name="effects">Receives the derivative of the volatility with respect to each weight;
    /// 0 when the volatility is 0.</param>
    public Exposure Measure(ReadOnlySpan<double> weights, Span<double> effects)
    {
        var (added, net, active, only) = (0.0, 0.0, 0, 0);
        Span<double> exposures = stackalloc double[_sigmas.Length]; // at most 201
        for (var i = 0; i < exposures.Length; i++)
        {
            exposures[i] = weights[i] * _sigmas[i];
            added += Math.Abs(exposures[i]);
            net += exposures[i];
            if (weights[i] != 0)
                (active, only) = (active + 1, i);
        }
        var variance = 0.0;
        for (var i = 0; i < exposures.Length; i++)
        {
            var row = _correlations.Row(i);
            var sum = 0.0;
            for (var j = 0; j < exposures.Length; j++)
                sum += row[j] * exposures[j];
            effects[i] = _sigmas[i] * sum;
            variance += exposures[i] * sum;
        }
        var volatility =
            active == 1 ? Math.Abs(exposures[only])
            : variance > Cancelled * added * added ? Math.Sqrt(variance)
            : 0;
        for (var i = 0; i < exposures.Length; i++)
            effects[i] = volatility > 0 ? effects[i] / volatility : 0;
        return new(
            volatility,
            added,
            volatility == 0 ? BookKind.Flat
                : active == 1 ? BookKind.OneMarket
                : KindOf(net, added)
        );
    }

    /// <summary>Returns the figures of an exposure.</summary>
    public BookFigures FiguresOf(ReadOnlySpan<double> weights)
    {
        Span<double> effects = stackalloc double[weights.Length];
        return FiguresOf(weights, Measure(weights, effects));
    }

    /// <summary>Returns the figures of a measured exposure.</summary>
    public BookFigures FiguresOf(ReadOnlySpan<double> weights, in Exposure exposure) =>
        new(
            exposure.Volatility,
            exposure.Kind,
            LossesOf(weights, exposure, LossTable.Levels[0]),
            LossesOf(weights, exposure, LossTable.Levels[1])
        );

    /// <summary>Returns the figures if every correlation were 1.</summary>
    public BookFigures AtCorrelationOne(ReadOnlySpan<double> weights, in Exposure exposure)
    {
        if (exposure.Kind == BookKind.OneMarket)
            return FiguresOf(weights, exposure);
        var net = 0.0;
        for (var i = 0; i < weights.Length; i++)
            net += weights[i] * _sigmas[i];
        var isFlat = Math.Abs(net) <= Math.Sqrt(Cancelled) * exposure.Added;
        return FiguresOf(
            weights,
            exposure with
            {
                Volatility = isFlat ? 0 : Math.Abs(net),
                Kind = isFlat ? BookKind.Flat : KindOf(net, exposure.Added),
            }
        );
    }

    /// <summary>Returns the table of an exposure's losses; null for one without.</summary>
    public LossTable? TableOf(in Exposure exposure) => _tables?.Of(exposure.Kind);

    /// <summary>
    /// Returns the largest size of a position in a market with which the value at risk of 95 %
    /// stays within a limit: the largest root of the quadratic of the variance for each kind of
    /// book that the size can make. 0 when no size does; NaN when it is unknown.
    /// </summary>
    public double LargestSize(ReadOnlySpan<double> weights, int market, Side side, double limit)
    {
        // The rest of the book without the market: its variance, covariance, net and gross.
        var (a, b, net, gross) = (0.0, 0.0, 0.0, 0.0);
        for (var i = 0; i < weights.Length; i++)
        {
            if (i == market || weights[i] == 0)
                continue;
            var exposure = weights[i] * _sigmas[i];
            net += exposure;
            gross += Math.Abs(exposure);
            b += _correlations[market, i] * exposure;
            for (var j = 0; j < weights.Length; j++)
                if (j != market)
                    a += _correlations[i, j] * exposure * weights[j] * _sigmas[j];
        }
        var sigma = _sigmas[market];
        // In units of volatility of the market: u is its exposure afterwards.
        var now = weights[market] * sigma;
        var largest = double.NaN;
        if (gross == 0)
        {
            var losses = LossesOfOne(market, side == Side.Long ? 1 : -1, LossTable.Levels[0]);
            var bound = limit / losses.ValueAtRisk * sigma;
            // Closing a position of the other side is always possible, up to the limit beyond it.
            Consider(ref largest, side == Side.Long ? bound - now : now + bound);
        }
        else if (_tables is not null)
        {
            largest = 0;
            var (low, high) = (EdgeOf(-Balanced, net, gross), EdgeOf(Balanced, net, gross));
            Span<(LossTable Table, double From, double To)> regions =
            [
                (_tables.NetShort, double.NegativeInfinity, low),
                (_tables.Hedged, low, high),
                (_tables.NetLong, high, double.PositiveInfinity),
            ];
            foreach (var (table, from, to) in regions)
            {
                var volatility = limit / table.Losses.SizeAt(1 - LossTable.Levels[0]);
                var root = (b * b) - a + (volatility * volatility);
                if (root < 0)
                    continue;
                var first = Math.Max(-b - Math.Sqrt(root), Inside(from, 1));
                var last = Math.Min(-b + Math.Sqrt(root), Inside(to, -1));
                if (first <= last)
                    Consider(ref largest, side == Side.Long ? last - now : now - first);
            }
        }
        if (double.IsNaN(largest))
            return double.NaN;
        var size = largest / sigma * (1 - 1e-12);
        var after = weights.ToArray();
        after[market] += side == Side.Long ? size : -size;
        return double.IsNaN(FiguresOf(after).At95.ValueAtRisk) ? double.NaN : size;
    }

    private static void Consider(ref double largest, double size)
    {
        if (double.IsNaN(size))
            return;
        largest = double.IsNaN(largest) ? Math.Max(0, size) : Math.Max(largest, size);
    }

    // The kind changes at an edge; the size must not depend on the last bit there.
    private static double Inside(double edge, int direction) =>
        double.IsFinite(edge) ? edge + (direction * 1e-9 * Math.Max(Math.Abs(edge), 1e-9)) : edge;

    // The exposure u at which (net + u) / (gross + |u|) is a ratio.
    private static double EdgeOf(double ratio, double net, double gross)
    {
        var missing = (ratio * gross) - net;
        return missing >= 0 ? missing / (1 - ratio) : missing / (1 + ratio);
    }

    private static BookKind KindOf(double net, double added) =>
        net >= Balanced * added ? BookKind.NetLong
        : net <= -Balanced * added ? BookKind.NetShort
        : BookKind.Hedged;

    private BookLosses LossesOf(ReadOnlySpan<double> weights, in Exposure exposure, double level)
    {
        if (exposure.Kind == BookKind.Flat)
            return default;
        if (exposure.Kind == BookKind.OneMarket)
        {
            for (var i = 0; i < weights.Length; i++)
                if (weights[i] != 0)
                    return LossesOfOne(i, weights[i], level);
        }
        var outside = 0.0;
        for (var i = 0; i < weights.Length; i++)
            if (!_markets[i].Forecast!.InTestedRange)
                outside += Math.Abs(weights[i]) * _sigmas[i];
        if (TableOf(exposure) is not { } table || outside > MostOutside * exposure.Added)
            return new(double.NaN, double.NaN);
        return new(
            exposure.Volatility * table.Losses.SizeAt(1 - level),
            exposure.Volatility * table.Losses.MeanBeyond(1 - level)
        );
    }

    private BookLosses LossesOfOne(int market, double weight, double level)
    {
        var forecast = _forecasts[market];
        return weight > 0
            ? new(weight * forecast.ValueAtRiskAt(level), weight * forecast.ExpectedShortfallAt(level))
            : new(-weight * forecast.ShortValueAtRiskAt(level), -weight * forecast.ShortExpectedShortfallAt(level));
    }
}

/// <summary>A measured exposure.</summary>
/// <param name="Volatility">Its volatility.</param>
/// <param name="Added">The volatilities of its markets added up.</param>
/// <param name="Kind">Its kind.</param>
internal readonly record struct Exposure(double Volatility, double Added, BookKind Kind);
