using System.Globalization;

namespace Remora.Forecasts;

/// <summary>
/// The forecast of one horizon. Probabilities and losses come from the volatility and the table of
/// past outcomes in units of it; they are unknown outside the tested range, and rounded to eight
/// decimals in tables. Ratios of prices are relative to the close.
/// </summary>
public sealed class HorizonForecast
{
    private const double HoursInYear = 365 * 24;
    private readonly Forecast _forecast;
    private readonly Horizon _horizon;
    private readonly ForecastChoice _choice;
    private readonly HorizonCoefficients _fit;

    internal HorizonForecast(Forecast forecast, Horizon horizon, ForecastChoice choice)
    {
        _choice = choice;
        _forecast = forecast;
        _horizon = horizon;
        _fit = forecast.GetCoefficients()[horizon];
    }

    /// <summary>
    /// Expected size of the move: the standard deviation of the log return over the horizon, a
    /// ratio.
    /// </summary>
    public double Volatility => Numbers.Volatility;

    /// <summary>The volatility over a year of 365 days.</summary>
    public double AnnualizedVolatility => Volatility * Math.Sqrt(HoursInYear / _horizon.Hours);

    /// <summary>
    /// The share of the market's own last 180 days with a smaller forecast, [0, 1]; unknown before
    /// 30 days of past.
    /// </summary>
    public double Percentile => Numbers.Percentile;

    /// <summary>
    /// The median forecast of the market's last 180 days, a ratio; unknown before 30 days of past.
    /// </summary>
    public double MedianVolatility => _forecast.MedianOf(_horizon);

    /// <summary>
    /// The volatility relative to the usual one, which is the geometric mean of the last 180 days:
    /// the product of <see cref="Factors"/>. Unknown before 30 days of past.
    /// </summary>
    public double RelativeToUsual
    {
        get
        {
            var sum = 0.0;
            for (var f = 0; f < FactorSums.Count; f++)
                sum += Excess(f);
            return Math.Exp(sum / 2);
        }
    }

    /// <summary>
    /// What each group of inputs multiplies the volatility by, relative to its usual effect: level,
    /// recent_range, jumps, trend, time_of_week, own_error, calendar.
    /// </summary>
    public IReadOnlyDictionary<string, double> Factors =>
        Enum.GetValues<ForecastFactor>().ToDictionary(RemoraJson.NameOf, factor => FactorOf(factor));

    /// <summary>
    /// The probability that the price falls below the close by more than 1, 2, 5 and 10 % at any
    /// time within the horizon.
    /// </summary>
    public IReadOnlyDictionary<string, double> ProbabilityOfDrawdown =>
        Table(ForecastTable.ProbabilityOfDrawdown, _choice.Falls);

    /// <summary>
    /// The probability that the price rises above the close by more than 1, 2, 5 and 10 % at any
    /// time within the horizon.
    /// </summary>
    public IReadOnlyDictionary<string, double> ProbabilityOfRally =>
        Table(ForecastTable.ProbabilityOfRally, _choice.Rises);

    /// <summary>
    /// The loss at the end of the horizon that is not exceeded with a probability of 95 and 99 %, a
    /// positive ratio of the price.
    /// </summary>
    public IReadOnlyDictionary<string, double> ValueAtRisk => Table(ForecastTable.ValueAtRisk);

    /// <summary>
    /// The loss of the mean log return beyond the value at risk of 95 and 99 %, a positive ratio.
    /// </summary>
    public IReadOnlyDictionary<string, double> ExpectedShortfall => Table(ForecastTable.ExpectedShortfall);

    /// <summary>
    /// Quantiles of the return at the end of the horizon, ratios of the price, by probability.
    /// </summary>
    public IReadOnlyDictionary<string, double> ReturnQuantiles => Table(ForecastTable.ReturnQuantiles);

    /// <summary>
    /// The distance below the close that the price reaches within the horizon with each
    /// probability: where a stop of a long position has that chance of being touched.
    /// </summary>
    public IReadOnlyDictionary<string, double> StopDistances => Table(ForecastTable.StopDistances);

    /// <summary>
    /// The distance above the close that the price reaches within the horizon with each
    /// probability, for stops of short positions.
    /// </summary>
    public IReadOnlyDictionary<string, double> ShortStopDistances => Table(ForecastTable.ShortStopDistances);

    private ref readonly HorizonNumbers Numbers => ref _forecast.NumbersOf(_horizon);

    /// <summary>
    /// Returns the log of the expected variance per 5 minutes, the model's own unit. The volatility
    /// is the root of 12 times the hours times its exponential.
    /// </summary>
    public double GetLogVariance() => Numbers.LogVariance;

    /// <summary>
    /// Returns the mean squared return over the horizon that is expected: the variance to compare
    /// with a realised variance. It is larger than the square of the volatility, as the exponential
    /// of a mean log is below the mean.
    /// </summary>
    public double GetExpectedVariance() => Volatility * Volatility * Math.Exp(_fit.Smear);

    /// <summary>Returns one of <see cref="Factors"/>.</summary>
    public double FactorOf(ForecastFactor factor) => Math.Exp(Excess((int)factor) / 2);

    /// <summary>
    /// Returns the probability that the price falls below the close by more than a ratio at any
    /// time within the horizon.
    /// </summary>
    /// <param name="fall">The ratio, in (0, 1): 0.03 for 3 %.</param>
    /// <exception cref="ArgumentOutOfRangeException">The ratio is outside (0, 1).</exception>
    public double ProbabilityOfFall(double fall) =>
        IfTested(_fit.Falls.ProbabilityAbove(-Math.Log(1 - Within(fall)) / Volatility));

    /// <summary>
    /// Returns the probability that the price rises above the close by more than a ratio at any
    /// time within the horizon.
    /// </summary>
    /// <param name="rise">The ratio, in (0, 1): 0.03 for 3 %.</param>
    /// <exception cref="ArgumentOutOfRangeException">The ratio is outside (0, 1).</exception>
    public double ProbabilityOfRise(double rise) =>
        IfTested(_fit.Rises.ProbabilityAbove(Math.Log(1 + Within(rise)) / Volatility));

    /// <summary>
    /// Returns the loss at the end of the horizon that is not exceeded with a probability.
    /// </summary>
    /// <param name="level">The probability, in [0.5, 1).</param>
    /// <exception cref="ArgumentOutOfRangeException">It is outside [0.5, 1).</exception>
    public double ValueAtRiskAt(double level) => Loss(_fit.LowReturns.SizeAt(1 - level));

    /// <summary>
    /// Returns the loss of the mean log return beyond the value at risk of a probability.
    /// </summary>
    /// <param name="level">The probability, in [0.5, 0.999].</param>
    /// <exception cref="ArgumentOutOfRangeException">It is outside [0.5, 0.999].</exception>
    public double ExpectedShortfallAt(double level) => Loss(_fit.LowReturns.MeanBeyond(1 - level));

    /// <summary>Returns a quantile of the return at the end of the horizon.</summary>
    /// <param name="probability">The probability, in (0, 1), of a smaller return.</param>
    /// <exception cref="ArgumentOutOfRangeException">The probability is outside (0, 1).</exception>
    public double ReturnAt(double probability) =>
        probability < 0.5 ? -Loss(_fit.LowReturns.SizeAt(probability)) : Gain(_fit.HighReturns.SizeAt(1 - probability));

    /// <summary>
    /// Returns the distance of a stop below the close that is touched within the horizon with a
    /// probability.
    /// </summary>
    /// <param name="chance">The probability, in (0, 0.5].</param>
    /// <exception cref="ArgumentOutOfRangeException">It is outside (0, 0.5].</exception>
    public double StopDistanceAt(double chance) => Loss(_fit.Falls.SizeAt(chance));

    /// <summary>
    /// Returns the distance of a stop above the close that is touched within the horizon with a
    /// probability.
    /// </summary>
    /// <param name="chance">The probability, in (0, 0.5].</param>
    /// <exception cref="ArgumentOutOfRangeException">It is outside (0, 0.5].</exception>
    public double ShortStopDistanceAt(double chance) => Gain(_fit.Rises.SizeAt(chance));

    /// <summary>
    /// Returns the loss of a short position at the end of the horizon that is not exceeded with a
    /// probability in [0.5, 1), a ratio of the price now.
    /// </summary>
    internal double ShortValueAtRiskAt(double level) => Gain(_fit.HighReturns.SizeAt(1 - level));

    /// <summary>
    /// Returns the loss of a short position of the mean log return beyond
    /// <see cref="ShortValueAtRiskAt"/>.
    /// </summary>
    internal double ShortExpectedShortfallAt(double level) => Gain(_fit.HighReturns.MeanBeyond(1 - level));

    /// <summary>
    /// Returns the probability that a price is touched at any time within the horizon; 1 if it is
    /// reached already.
    /// </summary>
    internal double ChanceOfTouch(double price, double level, bool isBelow)
    {
        var distance = Math.Log(isBelow ? price / level : level / price) / Volatility;
        return IfTested(
            double.IsNaN(distance) ? distance : (isBelow ? _fit.Falls : _fit.Rises).ProbabilityAbove(distance)
        );
    }

    private double Loss(double size) => IfTested(1 - Math.Exp(-Volatility * size));

    private double Gain(double size) => IfTested(Math.Exp(Volatility * size) - 1);

    private double IfTested(double value) => _forecast.InTestedRange ? value : double.NaN;

    private double Excess(int factor) =>
        _forecast.HasComparison ? Numbers.Sums[factor] - _forecast.Usual.Mean(_horizon.Index, factor) : double.NaN;

    internal static double Within(double ratio) =>
        ratio is > 0 and < 1
            ? ratio
            : throw new ArgumentOutOfRangeException(nameof(ratio), ratio, "expected a ratio in (0, 1)");

    private Dictionary<string, double> Table(ForecastTable table, double[]? keys = null) =>
        (keys ?? table.UsualKeys).ToDictionary(
            key => key.ToString(CultureInfo.InvariantCulture),
            key => table.ValueOf(this, key)
        );
}
