using System.Globalization;
using System.Text;
using Remora.Backtest.Study;

namespace Remora.Backtest.Report;

/// <summary>Writes the tables of a study's calibration as Markdown.</summary>
internal static class CalibrationText
{
    public static void Append(StringBuilder text, StudyFigures study)
    {
        foreach (var c in study.Calibration)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n## Calibration: {c.Market}, {c.Period}\n\n");
            text.Append(
                "| measure | hours ahead | moments | volatility, lowest → highest bin | drawdown, lowest → highest | "
                    + "tail loss, lowest → highest | rank correlation with volatility | with drawdown | with return "
                    + "| lift of the top |\n|---|---|---|---|---|---|---|---|---|---|\n"
            );
            foreach (var d in c.Result.Deciles.Where(d => d.Bins.Count > 0))
                text.Append(
                    CultureInfo.InvariantCulture,
                    $"| {d.Measure} | {d.HorizonHours} | {d.Observations} | {d.Bins[0].Volatility:P2} → "
                        + $"{d.Bins[^1].Volatility:P2} | {d.Bins[0].Drawdown:P2} → {d.Bins[^1].Drawdown:P2} | "
                        + $"{d.Bins[0].TailLoss:P2} → {d.Bins[^1].TailLoss:P2} | {N(d.VolatilityCorrelation)} | "
                        + $"{N(d.DrawdownCorrelation)} | {N(d.ReturnCorrelation)} | {N(d.TopLift)} |\n"
                );
            text.Append(
                "\n| hours ahead | blocked | volatility after blocked / allowed | drawdown | return "
                    + "|\n|---|---|---|---|---|\n"
            );
            foreach (var b in c.Result.Blocked)
                text.Append(
                    CultureInfo.InvariantCulture,
                    $"| {b.HorizonHours} | {b.BlockedShare:P0} | {b.VolatilityBlocked:P2} / "
                        + $"{b.VolatilityAllowed:P2} | {b.DrawdownBlocked:P2} / {b.DrawdownAllowed:P2} | "
                        + $"{b.ReturnBlocked:P3} / {b.ReturnAllowed:P3} |\n"
                );
            text.Append(
                "\n| hours ahead | forecaster | rank correlation | R² of log volatility | QLIKE | Diebold-Mariano "
                    + "against HAR-RV | p |\n|---|---|---|---|---|---|---|\n"
            );
            foreach (var f in c.Result.Forecasts)
            foreach (var r in f.Rows)
                text.Append(
                    CultureInfo.InvariantCulture,
                    $"| {f.HorizonHours} | {r.Name} | {N(r.RankCorrelation)} | {N(r.R2)} | {N(r.Qlike)} | "
                        + $"{N(r.DieboldMariano)} | {ResultsText.P(r.P)} |\n"
                );
            var regimes = c.Result.Regimes;
            text.Append(
                CultureInfo.InvariantCulture,
                $"\nRegimes change {regimes.FlipsPerDay:0.0} times a day; {regimes.Separation:P0} of the variance "
                    + $"of log volatility {regimes.HorizonHours} h ahead is between regimes.\n\n"
            );
            text.Append(
                "| regime | share | lasts (hours) | volatility after | drawdown after | return after "
                    + "|\n|---|---|---|---|---|---|\n"
            );
            foreach (var r in regimes.Rows)
                text.Append(
                    CultureInfo.InvariantCulture,
                    $"| {RemoraJson.NameOf(r.Regime)} | {r.Share:P1} | {r.DwellHours:0.0} | {r.Volatility:P2} | "
                        + $"{r.Drawdown:P2} | {r.Return:P3} |\n"
                );
        }
    }

    private static string N(double value) => ResultsText.Number(value, "0.000");
}
