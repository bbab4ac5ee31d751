using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Remora.Markets;
using Remora.Risk;
using Remora.Server.Answers;
using Remora.Server.Settings;

namespace Remora.Server.Api;

/// <summary>All tracked markets.</summary>
/// <param name="Pairs">One entry per market.</param>
public sealed record PairList(IReadOnlyList<TrackedPair> Pairs);

/// <summary>A tracked market.</summary>
/// <param name="Pair">The pair.</param>
/// <param name="Exchange">CCXT's id of the exchange.</param>
/// <param name="Timeframe">The base timeframe.</param>
/// <param name="Default">Whether it answers when only the pair is given.</param>
/// <param name="Fallbacks">Exchanges that stand in when its own is lost.</param>
/// <param name="AsOf">Close of the last candle used; null before the first.</param>
/// <param name="Stale">Whether that is too long ago.</param>
/// <param name="WarmUp">How far the model is warmed up, [0, 1].</param>
public sealed record TrackedPair(
    Pair Pair, string Exchange, Timeframe Timeframe, bool Default, IReadOnlyList<string> Fallbacks, Instant? AsOf, bool Stale, double WarmUp);

/// <summary>All policies.</summary>
/// <param name="Default">Name of the one that judges when none is asked for.</param>
/// <param name="Policies">Each in full.</param>
public sealed record PolicyList(string Default, IReadOnlyList<RiskPolicy> Policies);

/// <summary>What may be asked for.</summary>
internal static class CatalogApi
{
    public static void Map(RouteGroupBuilder api)
    {
        var catalog = api.MapGroup("").WithTags("What there is");
        catalog.MapGet("/pairs", GetPairs).WithName("pairs").WithSummary("What is tracked").WithDescription("Every tracked market.").Takes();
        catalog.MapGet("/policies", GetPolicies).WithName("policies").WithSummary("How it is judged")
            .WithDescription("Every policy with all its weights and thresholds.").Takes();
    }

    private static AnswerResult<PairList> GetPairs(AssessmentBoard board, ServiceSettings settings)
    {
        var pairs = settings.TrackedMarkets.Select(market =>
        {
            var latest = board.Latest(market.Id);
            var isDefault = board.MarketsOf(market.Id.Pair.ToString())[0].Id.Equals(market.Id);
            return new TrackedPair(
                market.Id.Pair, market.Id.Exchange, market.Id.Timeframe, isDefault, [.. market.Fallbacks.Select(venue => venue.ToString())],
                latest.AsOf, latest.Stale, latest.WarmUp);
        });
        return new(RenderedAnswer.Of(new PairList([.. pairs])));
    }

    private static AnswerResult<PolicyList> GetPolicies(AssessmentBoard board) =>
        new(RenderedAnswer.Of(new PolicyList(board.Policies[0].Name, board.Policies)));
}
