using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using Remora.Feeds.Candles;
using Remora.Markets;
using Remora.Server.Access;
using Remora.Server.Answers;
using Remora.Server.Settings;

namespace Remora.Server.Api;

/// <summary>A price level that the operator has accepted.</summary>
/// <param name="Pair">The pair.</param>
/// <param name="Exchange">CCXT's id of the exchange.</param>
/// <param name="Timeframe">The base timeframe.</param>
/// <param name="Accepted">What was refused until then; its candles are used from the next request
/// on.</param>
public sealed record AcceptedLevel(Pair Pair, string Exchange, Timeframe Timeframe, RefusedPriceLevel Accepted);

/// <summary>Accepts candles at another price level on the operator's request.</summary>
internal static class PriceLevelApi
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapPost("/pairs/accept", Accept)
            .Needs(KeyScopes.Admin, orUnlimited: true)
            .WithTags("Catalog")
            .WithName("accept_pair")
            .WithSummary("Accept a price level")
            .WithDescription(
                "Accepts the price level of a market whose candles are refused because they differ by more than "
                    + "half from the last known close. Requires a key if the service requires keys."
            )
            .Takes(QueryParameter.Pair, QueryParameter.Exchange, QueryParameter.Timeframe)
            .Produces<AcceptedLevel>()
            .Refuses(
                StatusCodes.Status401Unauthorized,
                StatusCodes.Status403Forbidden,
                StatusCodes.Status404NotFound,
                StatusCodes.Status409Conflict
            );

    private static IResult Accept(
        HttpContext context,
        AssessmentBoard board,
        ServiceSettings settings,
        ServiceParts parts
    )
    {
        if (ChangePermission.Refusal(context, settings) is { } refusal)
            return refusal;
        if (!MarketChoice.TryRead(context.Request.Query, board, out var market, out var problem))
            return problem;
        if (parts.Markets.Of(market.Id)?.AcceptPriceLevel() is not { } accepted)
            return ApiProblem.Of(StatusCodes.Status409Conflict, $"{market.Id} has no refused price level to accept.");
        parts
            .Log.CreateLogger(typeof(PriceLevelApi))
            .LogInformation(
                "{Market}: {Caller} accepted the price level {Close} of {Exchange}",
                market.Id,
                accepted.NewestClose,
                accepted.Exchange,
                Caller.Of(context)?.Key?.Name ?? AcceptedPriceLevel.Operator
            );
        return new AnswerResult<AcceptedLevel>(
            RenderedAnswer.Of(new AcceptedLevel(market.Id.Pair, market.Id.Exchange, market.Id.Timeframe, accepted))
        );
    }
}
