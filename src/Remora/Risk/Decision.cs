using Remora.Regimes;

namespace Remora.Risk;

/// <summary>
/// The decision of a policy about entries, for a pair and for the whole market. Blocking conditions
/// are bits, the lowest for the first condition, so that a decision allocates nothing.
/// </summary>
internal sealed class Decision(RiskPolicy policy)
{
    private readonly BlockingCondition[] _conditions = BlockingCondition.Of(policy);

    /// <summary>Returns the conditions that block a pair.</summary>
    public ulong Blocks(in DecisionInputs inputs)
    {
        var blocks = 0ul;
        for (var i = 0; i < _conditions.Length; i++)
            if (_conditions[i].Holds(inputs))
                blocks |= 1ul << i;
        return blocks;
    }

    /// <summary>
    /// Returns the conditions that block the whole market: those that prevail among the pairs, and
    /// the mean score in place of their scores.
    /// </summary>
    /// <param name="inputs">The inputs for the whole market.</param>
    /// <param name="prevails">Whether a condition of the pairs prevails.</param>
    public ulong Blocks(in DecisionInputs inputs, Func<ulong, bool> prevails)
    {
        var blocks = 0ul;
        for (var i = 0; i < _conditions.Length; i++)
        {
            var holds = _conditions[i] is BlockingCondition.BlockingScore score
                ? score.Holds(inputs)
                : prevails(1ul << i);
            if (holds)
                blocks |= 1ul << i;
        }
        return blocks;
    }

    /// <summary>Returns the conditions that are in <paramref name="blocks"/>, in order.</summary>
    public IEnumerable<(BlockingCondition Condition, ulong Bit)> In(ulong blocks)
    {
        for (var i = 0; i < _conditions.Length; i++)
            if ((blocks & (1ul << i)) != 0)
                yield return (_conditions[i], 1ul << i);
    }

    /// <summary>
    /// Returns the names of the conditions that are in <paramref name="blocks"/>.
    /// </summary>
    public IReadOnlyList<string> NamesOf(ulong blocks) =>
        blocks == 0 ? [] : [.. In(blocks).Select(block => block.Condition.Name)];

    /// <summary>Returns the recommendation.</summary>
    public Recommendation Recommend(ulong blocks, double score, bool isStale, EventFlags flags) =>
        blocks != 0 ? Recommendation.NoEntry
        : double.IsNaN(score) || isStale || score >= policy.Decision.CautionScore || flags.Any ? Recommendation.Caution
        : Recommendation.EntryOk;

    /// <summary>Returns the part of the usual position to take.</summary>
    public double PositionScale(ulong blocks, double score, Regime? regime, Side side) =>
        blocks != 0 ? 0 : RiskScorer.PositionScale(score, regime, policy, side);
}
