using Remora.Backtest.Strategies;
using Remora.Markets;

namespace Remora.Backtest.Tests.Trading;

/// <summary>A strategy that returns the signals of a script, candle by candle.</summary>
internal sealed class Scripted(IReadOnlyList<Signals> script) : IStrategy
{
    private int _next;

    public Signals Update(in Candle candle) => _next < script.Count ? script[_next++] : Signals.None;

    public static StrategyPlan Plan(string script) =>
        Plan([
            .. script.Select(c =>
                c switch
                {
                    'e' => Signals.Enter,
                    'x' => Signals.Exit,
                    'b' => Signals.Enter | Signals.Exit,
                    _ => Signals.None,
                }
            ),
        ]);

    public static StrategyPlan Plan(IReadOnlyList<Signals> script) =>
        new("scripted", Timeframe.FiveMinutes, 0, () => new Scripted(script))
        {
            StopLoss = -0.10,
            Roi = [new(TimeSpan.Zero, 0.10)],
        };
}
