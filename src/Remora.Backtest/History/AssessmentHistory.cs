using Remora.Markets;
using Remora.Regimes;
using Remora.Risk;

namespace Remora.Backtest.History;

/// <summary>
/// One assessment per candle of a market, stored as columns. Position i belongs to candle i of the
/// tape.
/// </summary>
public sealed class AssessmentHistory
{
    internal AssessmentHistory(Tape tape, HistoryOptions options)
    {
        Tape = tape;
        var count = tape.Candles.Count;
        Volatility = new double[count];
        Parts = new RiskBreakdown[count];
        FearGreed = new double[count];
        Policies = [.. options.Policies.Select(p => new PolicyVerdicts(p, count))];
        ShortSide = options.ShortSide ? [.. options.Policies.Select(p => new PolicyVerdicts(p, count))] : [];
    }

    /// <summary>The tape of the history.</summary>
    public Tape Tape { get; }

    /// <summary>Volatility score after each candle.</summary>
    public double[] Volatility { get; }

    /// <summary>The addends of the default policy's score after each candle.</summary>
    public RiskBreakdown[] Parts { get; }

    /// <summary>Fear and greed index after each candle; NaN while unknown.</summary>
    public double[] FearGreed { get; }

    /// <summary>The verdicts of each policy for the long side, the default first.</summary>
    public IReadOnlyList<PolicyVerdicts> Policies { get; }

    /// <summary>
    /// The verdicts for the short side; empty unless <see cref="HistoryOptions.ShortSide"/> is set.
    /// </summary>
    public IReadOnlyList<PolicyVerdicts> ShortSide { get; }

    /// <summary>Returns a policy's verdicts by name.</summary>
    /// <exception cref="BacktestException">The history does not contain the policy.</exception>
    public PolicyVerdicts Under(string policy) =>
        Policies.FirstOrDefault(p => p.Policy.Name == policy)
        ?? throw new BacktestException(
            $"'{policy}' is not a policy of this history: it has "
                + $"{string.Join(", ", Policies.Select(p => p.Policy.Name))}"
        );

    internal void Keep(int candle, int policy, Assessment assessment)
    {
        Policies[policy].Keep(candle, assessment);
        if (ShortSide.Count > 0)
            ShortSide[policy].Keep(candle, assessment.At(assessment.AssessedAt, Side.Short));
        if (policy > 0)
            return;
        Volatility[candle] = assessment.Volatility;
        Parts[candle] = assessment.RiskBreakdown;
        FearGreed[candle] = assessment.FearGreedIndex;
    }
}

/// <summary>One policy's verdicts for one side after each candle.</summary>
public sealed class PolicyVerdicts(RiskPolicy policy, int candles)
{
    /// <summary>The policy.</summary>
    public RiskPolicy Policy { get; } = policy;

    /// <summary>Whether entries are blocked.</summary>
    public bool[] Blocked { get; } = new bool[candles];

    /// <summary>The score; NaN while unknown.</summary>
    public double[] Score { get; } = new double[candles];

    /// <summary>The part of a position to take; NaN while the score is unknown.</summary>
    public double[] PositionScale { get; } = new double[candles];

    /// <summary>The regime; null while unknown.</summary>
    public Regime?[] Regime { get; } = new Regime?[candles];

    internal void Keep(int candle, Assessment assessment)
    {
        Blocked[candle] = !assessment.SafeToTrade;
        Score[candle] = assessment.RiskScore;
        PositionScale[candle] = assessment.PositionScale;
        Regime[candle] = assessment.Regime;
    }
}
