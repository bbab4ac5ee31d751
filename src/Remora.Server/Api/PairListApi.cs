using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Remora.Markets;
using Remora.Server.Access;
using Remora.Server.Answers;

namespace Remora.Server.Api;

/// <summary>A list of pairs that Freqtrade's <c>RemotePairList</c> reads.</summary>
/// <param name="Pairs">The pairs, the one with the lowest risk score first.</param>
/// <param name="RefreshPeriod">The minimum seconds between requests.</param>
public sealed record FreqtradePairList(IReadOnlyList<Pair> Pairs, int RefreshPeriod);

/// <summary>
/// Lists the pairs that are safe to enter, for bots that take their pairs from a URL.
/// </summary>
internal static class PairListApi
{
    private const int RefreshSeconds = 60;

    private static readonly QueryParameter MaxRisk = new(
        "max_risk",
        "The highest risk score of a listed pair, from 0 to 1. Default: 1.",
        "0.5"
    );

    private static readonly QueryParameter Quote = new(
        "quote",
        "The quote currency of the listed pairs. Default: any.",
        "USDT"
    );

    public static void Map(RouteGroupBuilder api) =>
        api.MapGroup("")
            .WithTags("Risk")
            .Needs(KeyScopes.Decisions)
            .MapGet("/pairlist", Get)
            .WithName("pairlist")
            .WithSummary("List pairs that are safe to enter")
            .WithDescription(
                "The tracked pairs that are safe to trade now and have a known risk score, the lowest score first, in "
                    + "the form that Freqtrade's RemotePairList reads. A pair without current data is not listed."
            )
            .Takes(QueryParameter.Policy, QueryParameter.Side, MaxRisk, Quote);

    private static Results<AnswerResult<FreqtradePairList>, ProblemResult> Get(
        HttpRequest request,
        AssessmentBoard board
    )
    {
        if (!Viewpoint.TryRead(request, board, out var view, out var problem))
            return problem;
        var most = 1.0;
        if (
            request.Query.TryGetValue(MaxRisk.Name, out var text)
            && (
                !double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out most)
                || most > 1
            )
        )
            return ApiProblem.BadParameter(
                MaxRisk.Name,
                $"max_risk is '{Shown.Of(text.ToString())}': expected a number from 0 to 1."
            );
        var quote = request.Query[Quote.Name].ToString();
        var now = board.Now;
        var pairs = board
            .All.DistinctBy(market => market.Id.Pair)
            .Where(market =>
                quote.Length == 0 || market.Id.Pair.Quote.Equals(quote, StringComparison.OrdinalIgnoreCase)
            )
            .Select(market => (Market: market, Assessment: market.Latest(view.Policy).At(now, view.Side)))
            .Where(one => one.Assessment is { SafeToTrade: true, Stale: false } && one.Assessment.RiskScore <= most)
            .OrderBy(one => one.Assessment.RiskScore)
            .ThenBy(one => one.Market.Id.Pair.ToString(), StringComparer.Ordinal)
            .ToList();
        foreach (var (market, _) in pairs)
            market.Ask();
        return new AnswerResult<FreqtradePairList>(
            RenderedAnswer.Of(new FreqtradePairList([.. pairs.Select(one => one.Market.Id.Pair)], RefreshSeconds))
        );
    }
}
