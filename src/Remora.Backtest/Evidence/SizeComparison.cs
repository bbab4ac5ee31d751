using Remora.Backtest.Chance;
using Remora.Backtest.Forecasts;
using Remora.Forecasts;
using Remora.Markets;
using Remora.Risk;

namespace Remora.Backtest.Evidence;

/// <summary>
/// Compares the position scale of <c>remora-2</c>, at most 1, with two constant stakes: a long
/// position over the 24 hours after each full hour.
/// </summary>
internal static class SizeComparison
{
    private const int Resamples = 1000;
    private static readonly TimeSpan Block = TimeSpan.FromDays(7);

    /// <summary>
    /// Returns the comparison of a market: the scale alone, and with the blocking of the policy.
    /// Empty without entries.
    /// </summary>
    public static IEnumerable<SizeRow> Of(
        ForecastMarket market,
        Forecast?[] forecasts,
        Instant from,
        Instant until,
        ulong seed
    )
    {
        var (hours, day, policy) = (market.Hours, Horizon.OneDay, BuiltInPolicies.Forecast);
        var (returns, scales, allowed, blocks) = (
            new List<double>(),
            new List<double>(),
            new List<double>(),
            new List<int>()
        );
        for (var hour = 1; hour < hours.Count; hour++)
        {
            if (
                forecasts[hour] is not { InSample: false } forecast
                || forecast.AsOf < from
                || forecast.AsOf + day.Length > until
                || !hours.AreWhole(hour, hour + day.Hours)
            )
                continue;
            var scale = Math.Min(1, forecast[day].MedianVolatility / forecast[day].Volatility);
            if (double.IsNaN(scale))
                continue;
            returns.Add(Math.Exp(hours.Return(hour, hour + day.Hours)) - 1);
            scales.Add(scale);
            allowed.Add(forecast[policy.Horizon!].Percentile >= policy.BlockFrom ? 0 : scale);
            blocks.Add((int)((forecast.AsOf - from) / Block));
        }
        if (returns.Count < 2)
            yield break;
        double[] full = [.. returns];
        yield return Compare(market.Pair.ToString(), "scale", full, [.. scales], [.. blocks], seed);
        yield return Compare(market.Pair.ToString(), "scale, 0 when blocked", full, [.. allowed], [.. blocks], seed);
    }

    /// <summary>Compares sizes of returns with constant stakes.</summary>
    /// <param name="market">The pair.</param>
    /// <param name="sizes">The name of the sizes.</param>
    /// <param name="returns">The return of each entry on a full stake, a ratio.</param>
    /// <param name="scales">The size of each.</param>
    /// <param name="blocks">The block of time of each, for the bootstrap, ascending from 0.</param>
    /// <param name="seed">The seed of the bootstrap.</param>
    /// <param name="resamples">The number of its samples.</param>
    internal static SizeRow Compare(
        string market,
        string sizes,
        double[] returns,
        double[] scales,
        int[] blocks,
        ulong seed,
        int resamples = Resamples
    )
    {
        double[] sized = [.. returns.Zip(scales, (r, s) => r * s)];
        int[] worst = [.. Enumerable.Range(0, returns.Length).OrderBy(i => returns[i]).ThenBy(i => i)];
        int[] worstSized = [.. Enumerable.Range(0, returns.Length).OrderBy(i => sized[i]).ThenBy(i => i)];
        int[] once = [.. blocks.Distinct().Order()];
        var weights = new int[blocks.Max() + 1];
        foreach (var block in once)
            weights[block] = 1;
        Figures At() => Figures.Of(returns, sized, scales, blocks, worst, worstSized, weights);
        var real = At();
        var (draws, atShortfall, atExposure) = (new Draws(seed), new List<double>(), new List<double>());
        for (var sample = 0; sample < resamples && once.Length > 1; sample++)
        {
            Array.Clear(weights);
            for (var i = 0; i < once.Length; i++)
                weights[once[draws.Below(once.Length)]]++;
            var drawn = At();
            atShortfall.Add(drawn.MeanGain);
            atExposure.Add(drawn.ShortfallGain);
        }
        return new(
            market,
            sizes,
            returns.Length,
            real.Exposure,
            100 * real.Mean,
            100 * real.FullMean,
            100 * real.Shortfall,
            100 * real.FullShortfall,
            real.Stake,
            100 * real.MeanGain,
            Percent(atShortfall, resamples),
            100 * real.ShortfallGain,
            Percent(atExposure, resamples)
        );
    }

    private static Interval Percent(List<double> values, int resamples)
    {
        if (values.Count < resamples / 2)
            return Interval.None;
        values.Sort();
        return new(100 * values[(int)(0.025 * (values.Count - 1))], 100 * values[(int)(0.975 * (values.Count - 1))]);
    }

    private readonly record struct Figures(
        double Exposure,
        double Mean,
        double FullMean,
        double Shortfall,
        double FullShortfall
    )
    {
        public double Stake => Shortfall / FullShortfall;

        // Of the mean, beyond the stake of equal shortfall.
        public double MeanGain => Mean - (Stake * FullMean);

        // Of the shortfall, beyond the stake of equal exposure.
        public double ShortfallGain => Shortfall - (Exposure * FullShortfall);

        public static Figures Of(
            double[] returns,
            double[] sized,
            double[] scales,
            int[] blocks,
            int[] worst,
            int[] worstSized,
            int[] weights
        )
        {
            var (exposure, mean, full, count) = (0.0, 0.0, 0.0, 0L);
            for (var i = 0; i < returns.Length; i++)
            {
                var weight = weights[blocks[i]];
                exposure += weight * scales[i];
                mean += weight * sized[i];
                full += weight * returns[i];
                count += weight;
            }
            var wanted = Math.Max(1, count / 20);
            return new(
                exposure / count,
                mean / count,
                full / count,
                MeanOf(worstSized, sized, blocks, weights, wanted),
                MeanOf(worst, returns, blocks, weights, wanted)
            );
        }

        private static double MeanOf(int[] order, double[] values, int[] blocks, int[] weights, long wanted)
        {
            var (left, sum) = (wanted, 0.0);
            foreach (var i in order)
            {
                var taken = Math.Min(left, weights[blocks[i]]);
                sum += taken * values[i];
                left -= taken;
                if (left == 0)
                    break;
            }
            return sum / wanted;
        }
    }
}

/// <summary>
/// The position scale beside constant stakes. Returns are of 24 hours, in percent of the full
/// stake; shortfall is the mean of the worst twentieth.
/// </summary>
/// <param name="Market">The pair.</param>
/// <param name="Sizes">The name of the sizes.</param>
/// <param name="Entries">The number of entries.</param>
/// <param name="Exposure">The mean size, [0, 1]: the constant stake of equal mean exposure.</param>
/// <param name="MeanPct">The mean return with the sizes.</param>
/// <param name="FullMeanPct">The mean return of the full stake.</param>
/// <param name="ShortfallPct">The expected shortfall with the sizes.</param>
/// <param name="FullShortfallPct">The expected shortfall of the full stake.</param>
/// <param name="StakeOfEqualShortfall">The constant stake with the same expected shortfall.</param>
/// <param name="MeanGainPct">The mean return minus that of the stake of equal shortfall.</param>
/// <param name="MeanGain">Its 95 % interval.</param>
/// <param name="ShortfallGainPct">The expected shortfall minus that of the stake of equal exposure;
/// above 0 it is smaller.</param>
/// <param name="ShortfallGain">Its 95 % interval.</param>
public sealed record SizeRow(
    string Market,
    string Sizes,
    int Entries,
    double Exposure,
    double MeanPct,
    double FullMeanPct,
    double ShortfallPct,
    double FullShortfallPct,
    double StakeOfEqualShortfall,
    double MeanGainPct,
    Interval MeanGain,
    double ShortfallGainPct,
    Interval ShortfallGain
);
