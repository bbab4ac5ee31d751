using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Remora.Feeds;
using Remora.Feeds.Candles;
using Remora.Markets;
using Remora.Risk;
using Remora.Server.Access;
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
/// <param name="Fallbacks">The fallbacks: exchanges that are used while its own is
/// unavailable.</param>
/// <param name="AsOf">Close of the last candle used; null before the first.</param>
/// <param name="Stale">Whether that is too long ago.</param>
/// <param name="WarmUp">How far the model is warmed up, [0, 1].</param>
/// <param name="State">The state of its feed.</param>
/// <param name="Source">The exchange that provides the candles: its own or a fallback.</param>
/// <param name="CandlesRevised">The number of candles that the exchange has revised after they were
/// used.</param>
/// <param name="RefusedLevel">A series that is refused because its prices are at another level;
/// null where none is.</param>
/// <param name="Added">Whether it was added at run time; configured markets were not.</param>
/// <param name="Reason">Why the feed is degraded or unreachable, and what to do; null while it is
/// neither.</param>
public sealed record TrackedPair(
    Pair Pair,
    string Exchange,
    Timeframe Timeframe,
    bool Default,
    IReadOnlyList<string> Fallbacks,
    Instant? AsOf,
    bool Stale,
    double WarmUp,
    FeedState State,
    string Source,
    long CandlesRevised,
    RefusedPriceLevel? RefusedLevel,
    bool Added,
    string? Reason
);

/// <summary>All policies.</summary>
/// <param name="Default">The name of the policy that is used when the request contains
/// none.</param>
/// <param name="Policies">Each in full.</param>
public sealed record PolicyList(string Default, IReadOnlyList<RiskPolicy> Policies);

/// <summary>The parameters that a request may use.</summary>
internal static class CatalogApi
{
    public static void Map(RouteGroupBuilder api)
    {
        var catalog = api.MapGroup("").WithTags("Catalog").Needs(KeyScopes.Decisions);
        catalog
            .MapGet("/pairs", GetPairs)
            .WithName("pairs")
            .WithSummary("List tracked markets")
            .WithDescription(
                "Every tracked market, with its fallbacks, how current its data is, and the state of its feed."
            )
            .Takes();
        catalog
            .MapGet("/policies", GetPolicies)
            .WithName("policies")
            .WithSummary("List policies")
            .WithDescription("Every policy, with all its weights and thresholds.")
            .Takes();
    }

    private static AnswerResult<PairList> GetPairs(AssessmentBoard board, ServiceSettings settings, ServiceParts parts)
    {
        var configured = settings.TrackedMarkets.ToDictionary(market => market.Id, market => market.Fallbacks);
        var now = board.Now;
        var pairs = new List<TrackedPair>();
        foreach (var market in board.All)
        {
            var id = market.Id;
            if (parts.Markets.Of(id)?.Health is not { } feed)
                continue; // is being added or dropped
            var latest = market.Latest(0).At(now, Side.Long);
            var isConfigured = configured.TryGetValue(id, out var fallbacks);
            pairs.Add(
                new(
                    id.Pair,
                    id.Exchange,
                    id.Timeframe,
                    board.MarketsOf(id.Pair.ToString()) is [var first, ..] && first == market,
                    [.. (fallbacks ?? settings.Fallbacks).Select(venue => venue.ToString())],
                    latest.AsOf,
                    latest.Stale,
                    latest.WarmUp,
                    feed.State,
                    feed.Exchange,
                    feed.CandlesRevised,
                    feed.RefusedLevel,
                    !isConfigured,
                    ReasonOf(id, feed)
                )
            );
        }
        return new(RenderedAnswer.Of(new PairList(pairs)));
    }

    private static string? ReasonOf(MarketId market, FeedHealth feed) =>
        feed.RefusedLevel is { } refused ? refused.Describe(market)
        : feed.State is FeedState.Degraded or FeedState.Unreachable ? feed.LastError?.Message ?? "no fresh candle"
        : null;

    private static AnswerResult<PolicyList> GetPolicies(AssessmentBoard board) =>
        new(RenderedAnswer.Of(new PolicyList(board.Policies[0].Name, board.Policies)));
}
