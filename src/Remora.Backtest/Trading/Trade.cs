using Remora.Markets;

namespace Remora.Backtest.Trading;

/// <summary>A closed trade.</summary>
/// <param name="Pair">The pair; null where a file does not say.</param>
/// <param name="OpenTime">When it was entered.</param>
/// <param name="CloseTime">When it was left.</param>
/// <param name="OpenRate">Price in.</param>
/// <param name="CloseRate">Price out.</param>
/// <param name="Amount">How much of the base currency.</param>
/// <param name="Stake">Money put in, without the fee.</param>
/// <param name="ProfitRatio">Profit against cost, with fees.</param>
/// <param name="Profit">Profit in money.</param>
/// <param name="ExitReason">Why it was left, in Freqtrade's words: exit_signal, stop_loss, roi, force_exit, and gate.</param>
/// <param name="Short">Whether it was sold first.</param>
public sealed record Trade(
    string? Pair, Instant OpenTime, Instant CloseTime, double OpenRate, double CloseRate, double Amount, double Stake,
    double ProfitRatio, double Profit, string ExitReason, bool Short = false)
{
    /// <summary>How long it lasted.</summary>
    public TimeSpan Duration => CloseTime - OpenTime;
}

/// <summary>Freqtrade's names of why a trade was left.</summary>
public static class ExitReason
{
    /// <summary>The strategy's exit signal.</summary>
    public const string Signal = "exit_signal";

    /// <summary>The stop-loss.</summary>
    public const string StopLoss = "stop_loss";

    /// <summary>The table of profits to take.</summary>
    public const string Roi = "roi";

    /// <summary>The period ended.</summary>
    public const string Forced = "force_exit";

    /// <summary>The gate closed, for strategies that leave then.</summary>
    public const string Gate = "gate";
}
