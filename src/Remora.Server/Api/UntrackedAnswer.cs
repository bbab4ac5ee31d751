using Remora.Markets;
using Remora.Server.Answers;
using Remora.Server.Settings;

namespace Remora.Server.Api;

/// <summary>
/// Answers for pairs that are not tracked, by the setting <c>untracked</c>. The answer says so in
/// the member <c>untracked</c>.
/// </summary>
internal sealed class UntrackedAnswer(LiveSettings live, AssessmentBoard board)
{
    /// <summary>The member of an answer that names the rule.</summary>
    public const string Member = "untracked";

    /// <summary>The member that names the pair in the whole market's answer.</summary>
    public const string PairMember = "pair";

    /// <summary>Returns the answer; null if the rule is a 404.</summary>
    /// <param name="pair">A pair that is not tracked.</param>
    /// <param name="view">The policy and the side.</param>
    public RenderedAnswer? Of(Pair pair, Viewpoint view) =>
        live.Current.Untracked switch
        {
            UntrackedRule.Unknown => RenderedAnswer
                .Of(board.Unknown(new(live.Current.Exchange, pair, live.Current.Timeframe), view.Policy, view.Side))
                .With($"\"{Member}\":\"{RemoraJson.NameOf(UntrackedRule.Unknown)}\""),
            UntrackedRule.WholeMarket => board
                .WholeAnswer(view.Policy, view.Side)
                .With($"\"{PairMember}\":\"{pair}\",\"{Member}\":\"{RemoraJson.NameOf(UntrackedRule.WholeMarket)}\""),
            _ => null,
        };
}
