using Remora.Backtest.Chance;

namespace Remora.Backtest.Forecasts;

/// <summary>Judges probabilities of an event against the rate that was known at the time.</summary>
internal static class FallSkill
{
    private const int Groups = 10;
    private const int Samples = 1000;

    /// <summary>
    /// Returns at the begin of each hour the share of events among all outcomes that had ended;
    /// NaN before the first.
    /// </summary>
    /// <param name="outcomes">Whether the event happened within the horizon after the begin of each
    /// hour; null when unknown.</param>
    /// <param name="horizonHours">The horizon in hours.</param>
    public static double[] KnownRate(bool?[] outcomes, int horizonHours)
    {
        var rates = new double[outcomes.Length];
        var (events, count) = (0, 0);
        for (var hour = 0; hour < rates.Length; hour++)
        {
            if (hour >= horizonHours && outcomes[hour - horizonHours] is { } happened)
            {
                events += happened ? 1 : 0;
                count++;
            }
            rates[hour] = count == 0 ? double.NaN : (double)events / count;
        }
        return rates;
    }

    /// <summary>Returns the figures of probabilities; rates that are NaN are left out.</summary>
    public static DrawdownFigures Of(double[] probabilities, double[] rates, bool[] events, ulong seed)
    {
        int[] known = [.. Enumerable.Range(0, events.Length).Where(i => !double.IsNaN(rates[i]))];
        double[] own = [.. known.Select(i => Square(probabilities[i], events[i]))];
        double[] rate = [.. known.Select(i => Square(rates[i], events[i]))];
        var interval = BlockBootstrap.OfRatio(own, rate, Samples, seed);
        return new(
            1 - Ratio(own.Sum(), rate.Sum()),
            [1 - interval.High, 1 - interval.Low],
            Reliability([.. known.Select(i => probabilities[i])], [.. known.Select(i => events[i])])
        );
    }

    /// <summary>
    /// Returns ten groups of equal size by the probability: mean probability, observed share,
    /// number.
    /// </summary>
    public static IReadOnlyList<IReadOnlyList<double>> Reliability(double[] probabilities, bool[] events)
    {
        int[] order = [.. Enumerable.Range(0, events.Length).OrderBy(i => probabilities[i])];
        var groups = new List<IReadOnlyList<double>>(Groups);
        for (var group = 0; group < Groups; group++)
        {
            var from = (int)((long)order.Length * group / Groups);
            var members = order.AsSpan(from..(int)((long)order.Length * (group + 1) / Groups));
            var (sum, happened) = (0.0, 0);
            foreach (var i in members)
            {
                sum += probabilities[i];
                happened += events[i] ? 1 : 0;
            }
            if (members.Length > 0)
                groups.Add([sum / members.Length, (double)happened / members.Length, members.Length]);
        }
        return groups;
    }

    private static double Square(double probability, bool happened)
    {
        var miss = probability - (happened ? 1 : 0);
        return miss * miss;
    }

    private static double Ratio(double own, double rate) => rate > 0 ? own / rate : double.NaN;
}
