using Remora.Backtest.History;
using Remora.Markets;
using Remora.Regimes;

namespace Remora.Backtest.Calibration;

/// <summary>
/// How long regimes last, how often they change, and how well they separate calm from volatile
/// times.
/// </summary>
/// <param name="FlipsPerDay">Changes from one known regime to another, per day of data.</param>
/// <param name="Separation">Share of the variance of log volatility over the horizon that is
/// between regimes, [0, 1].</param>
/// <param name="HorizonHours">The horizon in hours.</param>
/// <param name="Rows">One row per regime that occurred.</param>
public sealed record RegimeTable(
    double FlipsPerDay,
    double Separation,
    double HorizonHours,
    IReadOnlyList<RegimeRow> Rows
)
{
    /// <summary>Builds the table for the candles of a period.</summary>
    public static RegimeTable Of(PolicyVerdicts verdicts, CandleTape series, Outcomes outcomes, int first, int end)
    {
        var rows = Enum.GetValues<Regime>().ToDictionary(r => r, _ => new Tally());
        var (flips, known) = (0, 0);
        Regime? before = null;
        for (var i = first; i < end; i++)
        {
            var regime = verdicts.Regime[i];
            if (regime is { } now)
            {
                known++;
                rows[now].Candles++;
                if (before != now)
                    rows[now].Spells++;
                if (before is not null && before != now)
                    flips++;
                rows[now].Add(outcomes, i);
            }
            before = regime;
        }
        var hours = series.Timeframe.Length.TotalHours;
        return new(
            flips / (Math.Max(1, known) * hours / 24),
            Separate(rows.Values),
            outcomes.Horizon.TotalHours,
            [.. rows.Where(r => r.Value.Candles > 0).Select(r => r.Value.Row(r.Key, known, hours))]
        );
    }

    private static double Separate(IReadOnlyCollection<Tally> rows)
    {
        var count = rows.Sum(r => r.Logs);
        var mean = rows.Sum(r => r.LogSum) / count;
        var between = rows.Where(r => r.Logs > 0).Sum(r => r.Logs * Math.Pow((r.LogSum / r.Logs) - mean, 2));
        var total = rows.Sum(r => r.LogSquares) - (count * mean * mean);
        return total > 0 ? between / total : double.NaN;
    }

    private sealed class Tally
    {
        private double _volatility;
        private double _drawdown;
        private double _return;
        private int _outcomes;

        public int Candles { get; set; }

        public int Spells { get; set; }

        public int Logs { get; private set; }

        public double LogSum { get; private set; }

        public double LogSquares { get; private set; }

        public void Add(Outcomes outcomes, int candle)
        {
            var volatility = outcomes.Volatility[candle];
            if (double.IsNaN(volatility))
                return;
            _outcomes++;
            _volatility += volatility;
            _drawdown += outcomes.Drawdown[candle];
            _return += outcomes.Return[candle];
            if (volatility <= 0)
                return;
            var log = Math.Log(volatility);
            Logs++;
            LogSum += log;
            LogSquares += log * log;
        }

        public RegimeRow Row(Regime regime, int known, double hours) =>
            new(
                regime,
                Candles / (double)known,
                Spells,
                Candles * hours / Spells,
                _volatility / _outcomes,
                _drawdown / _outcomes,
                _return / _outcomes
            );
    }
}

/// <summary>The row of one regime.</summary>
/// <param name="Regime">The regime.</param>
/// <param name="Share">Share of the time, [0, 1].</param>
/// <param name="Spells">How often the regime started.</param>
/// <param name="DwellHours">Its mean duration in hours.</param>
/// <param name="Volatility">Mean realised volatility over the horizon.</param>
/// <param name="Drawdown">Mean worst drawdown over the horizon.</param>
/// <param name="Return">Mean return over the horizon.</param>
public sealed record RegimeRow(
    Regime Regime,
    double Share,
    int Spells,
    double DwellHours,
    double Volatility,
    double Drawdown,
    double Return
);
