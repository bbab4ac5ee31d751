using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Remora.Markets;
using Remora.Risk;
using Remora.Server.Access;
using Remora.Server.Answers;

namespace Remora.Server.Api;

/// <summary>Several assessments, in the order of the request.</summary>
/// <param name="Assessments">One assessment for each tracked pair, and for other pairs as the
/// setting
/// <c>untracked</c> says.</param>
/// <param name="Unknown">The pairs that are not tracked.</param>
public sealed record RiskBatch(IReadOnlyList<Assessment> Assessments, IReadOnlyList<UnknownPair> Unknown);

/// <summary>A pair of the request that is not tracked.</summary>
/// <param name="Pair">The pair.</param>
/// <param name="Nearest">The tracked pairs nearest to it.</param>
public sealed record UnknownPair(Pair Pair, IReadOnlyList<string> Nearest);

/// <summary>The main endpoint: whether it is safe to trade.</summary>
internal static class RiskApi
{
    /// <summary>The path that <see cref="RiskShortPath"/> also handles.</summary>
    public const string Path = "/api/v1/risk";

    private const int LargestBatch = 250;

    public static void Map(RouteGroupBuilder api)
    {
        var risk = api.MapGroup("/risk").WithTags("Risk").Needs(KeyScopes.Decisions);
        risk.MapGet("", Get)
            .WithName("risk")
            .WithSummary("Is it safe to trade?")
            .WithDescription(
                "Returns the assessment of a market (schema Assessment), or without a pair the assessment of the "
                    + "whole market (schema WholeMarketAssessment). For a pair that is not tracked, the setting "
                    + "`untracked` decides: 404, or an answer that says so in `untracked`."
            )
            .Takes(
                QueryParameter.OptionalPair,
                QueryParameter.Exchange,
                QueryParameter.Timeframe,
                QueryParameter.Side,
                QueryParameter.Policy
            )
            .Refuses(StatusCodes.Status404NotFound);
        risk.MapGet("/batch", GetBatch)
            .WithName("risk_batch")
            .WithSummary("Assess several pairs")
            .WithDescription(
                $"Assessments of up to {LargestBatch} pairs in the order of the request. Pairs that are not tracked "
                    + $"are listed in `unknown`, and the setting `untracked` decides whether they are assessed too; "
                    + $"when no pair is assessed, the answer is 404."
            )
            .Takes(
                QueryParameter.Pairs,
                QueryParameter.Exchange,
                QueryParameter.Timeframe,
                QueryParameter.Side,
                QueryParameter.Policy
            )
            .Refuses(StatusCodes.Status404NotFound);
    }

    private static Results<AnswerResult<Assessment>, AnswerResult<WholeMarketAssessment>, ProblemResult> Get(
        HttpRequest request,
        AssessmentBoard board,
        UntrackedAnswer untracked
    )
    {
        var query = request.Query;
        if (!Viewpoint.TryRead(request, board, out var view, out var problem))
            return problem;
        if (query.ContainsKey("pair"))
        {
            if (!MarketChoice.TryRead(query, board, out var market, out problem))
            {
                if (IsUntracked(problem) && untracked.Of(Pair.Parse(query["pair"].ToString()), view) is { } answer)
                    return new AnswerResult<Assessment>(answer);
                return problem;
            }
            return new AnswerResult<Assessment>(board.Answer(market, view.Policy, view.Side));
        }
        if (WithoutPair(query) is { } astray)
            return astray;
        return new AnswerResult<WholeMarketAssessment>(board.WholeAnswer(view.Policy, view.Side));
    }

    private static bool IsUntracked(ProblemResult problem) => problem.Problem.Status == StatusCodes.Status404NotFound;

    /// <summary>
    /// Returns the error of a request without a pair; null if the request is valid.
    /// </summary>
    internal static ProblemResult? WithoutPair(IQueryCollection query)
    {
        foreach (var parameter in new[] { "exchange", "timeframe" })
            if (query.ContainsKey(parameter))
                return ApiProblem.BadParameter(
                    parameter,
                    $"The parameter '{parameter}' selects a market of a pair: set 'pair' too."
                );
        return null;
    }

    private static Results<AnswerResult<RiskBatch>, ProblemResult> GetBatch(
        HttpRequest request,
        AssessmentBoard board,
        UntrackedAnswer untracked
    )
    {
        var query = request.Query;
        if (!Viewpoint.TryRead(request, board, out var view, out var problem))
            return problem;
        var pairs = query["pairs"].ToString().Split(',');
        if (pairs.Length > LargestBatch)
            return ApiProblem.BadParameter(
                "pairs",
                $"{pairs.Length} pairs are too many: expected at most {LargestBatch}."
            );
        var answers = new List<RenderedAnswer>(pairs.Length);
        var unknown = new List<UnknownPair>();
        ProblemResult? firstUnknown = null;
        foreach (var pair in pairs)
        {
            if (MarketChoice.TryFind(pair, "pairs", query, board, out var market, out problem))
            {
                answers.Add(board.Answer(market, view.Policy, view.Side));
                continue;
            }
            if (!IsUntracked(problem))
                return problem;
            firstUnknown ??= problem;
            unknown.Add(new(Pair.Parse(pair), problem.Problem.Nearest!));
            if (untracked.Of(Pair.Parse(pair), view) is { } answer)
                answers.Add(answer);
        }
        return answers.Count == 0
            ? firstUnknown!
            : new AnswerResult<RiskBatch>(RenderedAnswer.Of("assessments", answers, "unknown", unknown));
    }
}
