using System.Globalization;
using Remora.Backtest.Study;

namespace Remora.Backtest.Report;

/// <summary>The most important results, each as a number with a short text.</summary>
internal static class KeyFigures
{
    public static IReadOnlyList<KeyFigure> Of(StudyFigures study)
    {
        var cells = study.Cells.Where(c => c.Role == GateRole.Policy).ToArray();
        var v = study.GateConclusion;
        var all = new List<KeyFigure>
        {
            Figure(
                $"{v.BelowFivePercent} of {v.Cells}",
                $"strategies and periods in which the gate beats 95 % of its placebos; {v.ExpectedByLuck:0.0} by chance"
            ),
            Figure($"{cells[0].TimeBlocked:P0}", $"of the time blocked ({cells[0].Period})"),
        };
        if (ResultsText.MedianLift(cells, c => c.Entries.WorstLift) is { } worst)
            all.Add(
                Figure(
                    $"{worst:0.00} ×",
                    $"worst tenth of trades: the share entered in blocked time, divided by that of all trades (median)"
                )
            );
        if (ResultsText.MedianLift(cells, c => c.Entries.LoserLift) is { } losers)
            all.Add(
                Figure(
                    $"{losers:0.00} ×",
                    $"losing trades: the share entered in blocked time, divided by that of all trades (median)"
                )
            );
        if (
            study.Calibration is [{ Result: var result }, ..]
            && result.Deciles.FirstOrDefault(d => d is { Measure: "score", HorizonHours: ResultsText.Hours })
                is { } score
        )
            all.Add(
                Figure(
                    $"{100 * score.Bins[0].Volatility:0.00} → {score.Bins[^1].Volatility:P2}",
                    $"volatility in the {ResultsText.Hours} hours after the lowest and the highest tenth of the scores"
                )
            );
        return all;
    }

    private static KeyFigure Figure(FormattableString value, FormattableString words) =>
        new(value.ToString(CultureInfo.InvariantCulture), words.ToString(CultureInfo.InvariantCulture));
}

/// <summary>A number and its meaning.</summary>
/// <param name="Value">The number.</param>
/// <param name="Words">The meaning in a few words.</param>
internal sealed record KeyFigure(string Value, string Words);
