using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Remora.Bots.Freqtrade;
using Remora.Feeds.Exchanges;
using Remora.Markets;
using Remora.Server.Access;
using Remora.Server.Answers;
using Remora.Server.Pairs;
using Remora.Server.Settings;

namespace Remora.Server.Api;

/// <summary>The result of asking for pairs.</summary>
/// <param name="Pairs">The pairs, in the order of the request.</param>
/// <param name="Added">The number of pairs that were added at run time and are tracked now.</param>
/// <param name="Limit">The maximum number of them.</param>
public sealed record AskedPairList(IReadOnlyList<AskedPair> Pairs, int Added, int Limit);

/// <summary>A pair that is no longer tracked.</summary>
/// <param name="Pair">The pair.</param>
public sealed record DroppedPair(Pair Pair);

/// <summary>Adds pairs that are to be tracked, and drops them.</summary>
internal static class AddedPairsApi
{
    private const int Most = 250;
    private const string Anonymous = "a caller without a key";
    private const string RetryAfterSeconds = "15";

    public static void Map(RouteGroupBuilder api)
    {
        var pairs = api.MapGroup("/pairs").WithTags("Catalog");
        pairs
            .MapPost("", Add)
            .Needs(KeyScopes.Pairs)
            .WithName("add_pairs")
            .WithSummary("Ask for pairs")
            .WithDescription(
                $"Tracks up to {Most} pairs on the exchange of the settings, within the limit `max_added_pairs`. A "
                    + "pair that nobody asks for is dropped after a day. Every request that names a pair asks for "
                    + "it. Requires a key with the scope `pairs` if the service requires keys."
            )
            .Takes(
                QueryParameter.Pairs with
                {
                    Description = "Pairs, separated by commas.",
                    Example = "XRP/USDT,ADA/USDT",
                    Configured = null,
                }
            )
            .Answers<AskedPairList>()
            .Refuses(
                StatusCodes.Status403Forbidden,
                StatusCodes.Status409Conflict,
                StatusCodes.Status503ServiceUnavailable
            );
        pairs
            .MapDelete("", Drop)
            .Needs(KeyScopes.Pairs)
            .WithName("drop_pair")
            .WithSummary("Drop a pair")
            .WithDescription(
                "Drops a pair that was added at run time. Requires a key with the scope `pairs` if the service "
                    + "requires keys."
            )
            .Takes(QueryParameter.Pair)
            .Answers<DroppedPair>()
            .Refuses(StatusCodes.Status403Forbidden, StatusCodes.Status404NotFound, StatusCodes.Status409Conflict);
    }

    private static async Task<IResult> Add(
        HttpContext context,
        ServiceSettings settings,
        LiveSettings live,
        AddedPairs added
    )
    {
        if (ChangePermission.Refusal(context, settings) is { } refusal)
            return refusal;
        var names = context.Request.Query["pairs"].ToString().Split(',');
        if (names.Length > Most)
            return ApiProblem.BadParameter("pairs", $"{names.Length} pairs are too many: expected at most {Most}.");
        foreach (var name in names)
            if (!Pair.TryParse(name, out _))
                return ApiProblem.BadParameter(
                    "pairs",
                    $"'{Shown.Of(name)}' is not a pair: expected BASE/QUOTE such as BTC/USDT."
                );
        try
        {
            var by = Caller.Of(context)?.Key?.Name ?? Anonymous;
            var asked = await added.AskAsync(names, by, context.RequestAborted);
            if (asked.All(pair => !pair.Tracked))
                return ApiProblem.Of(
                    StatusCodes.Status409Conflict,
                    $"{asked[0].Pair} cannot be tracked: {asked[0].Reason}."
                );
            return new AnswerResult<AskedPairList>(
                RenderedAnswer.Of(new AskedPairList(asked, added.Pairs.Count, live.Current.MaxAddedPairs))
            );
        }
        catch (ExchangeException e)
        {
            context.Response.Headers.RetryAfter = RetryAfterSeconds;
            return ApiProblem.Of(
                StatusCodes.Status503ServiceUnavailable,
                $"{settings.Exchange} does not answer whether it lists the pair: {e.Message}"
            );
        }
    }

    private static async Task<IResult> Drop(
        HttpContext context,
        ServiceSettings settings,
        AssessmentBoard board,
        AddedPairs added,
        IReadOnlyList<BotWhitelist> whitelists
    )
    {
        if (ChangePermission.Refusal(context, settings) is { } refusal)
            return refusal;
        if (!MarketChoice.TryRead(context.Request.Query, board, out var market, out var problem))
            return problem;
        var pair = market.Id.Pair;
        if (whitelists.FirstOrDefault(bot => bot.Health.Pairs?.Contains(pair.ToString()) == true) is { } bot)
            return ApiProblem.Of(
                StatusCodes.Status409Conflict,
                $"{pair} is in the whitelist of {bot.Health.Bot}, which is followed: remove it there."
            );
        return await added.DropAsync(pair, context.RequestAborted)
            ? new AnswerResult<DroppedPair>(RenderedAnswer.Of(new DroppedPair(pair)))
            : ApiProblem.Of(
                StatusCodes.Status409Conflict,
                $"{pair} is in the settings of the service, and such pairs are not dropped: remove it there."
            );
    }
}
