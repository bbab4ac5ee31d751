using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Remora.Markets;
using Remora.Portfolios;
using Remora.Server.Access;
using Remora.Server.Answers;
using Remora.Server.Api.Document;
using Remora.Server.Portfolios;

namespace Remora.Server.Api.Portfolios;

/// <summary>Returns what a book can lose, and how the tracked pairs move together.</summary>
internal static class PortfolioApi
{
    /// <summary>The path of the request with a body.</summary>
    public const string Path = "/api/v1/portfolio/risk";

    private const int MostPairs = 100;

    private const string Example = """
        {"wallet":10000,"limit":0.04,"positions":[{"pair":"BTC/USDT","notional":1000,"stop_price":50000},
        {"pair":"ETH/USDT","side":"short","notional":500}],"candidate":{"pair":"BTC/USDT","notional":200}}
        """;

    private static readonly QueryParameter Pairs = QueryParameter.Pairs with
    {
        Description =
            $"Tracked pairs, separated by commas; at most {MostPairs}. Default: all, or the first {MostPairs}.",
        IsRequired = false,
    };

    public static void Map(RouteGroupBuilder api)
    {
        var portfolio = api.MapGroup("").WithTags("Portfolio");
        portfolio
            .MapPost("/portfolio/risk", PostAsync)
            .Needs(KeyScopes.Decisions)
            .WithName("portfolio_risk")
            .WithSummary("Get the risk of a portfolio")
            .WithDescription(
                "What all positions of a book can lose together within 4 or 24 hours: volatility, value at risk, "
                    + "expected shortfall, which position carries how much of it, what closing or adding one would do, "
                    + "the chance that stops and liquidation prices are touched, and the book on days of past crashes. "
                    + "Positions without a forecast are listed under `unknown` and not counted; 404 if none has one. "
                    + "In a problem, `parameter` is the path of the field, such as `positions[1].side`."
            )
            .Accepts<PortfolioRequest>("application/json")
            .WithMetadata(new RequestExample(Example))
            .Takes()
            .Answers<PortfolioAnswer>()
            .Refuses(
                StatusCodes.Status404NotFound,
                StatusCodes.Status413PayloadTooLarge,
                StatusCodes.Status415UnsupportedMediaType
            );
        portfolio
            .MapGet("/portfolio/books", GetBooks)
            .WithName("followed_books")
            .WithSummary("List the books of followed bots")
            .WithDescription(
                "What the open trades of each followed Freqtrade bot can lose within 24 hours, read several times per "
                    + "minute."
            )
            .Takes();
        portfolio
            .MapGet("/correlations", Get)
            .Needs(KeyScopes.Decisions)
            .WithName("correlations")
            .WithSummary("Get the correlations")
            .WithDescription(
                "How the tracked pairs move together: the correlation of the returns of their candles in units of "
                    + "their forecasts, updated every hour."
            )
            .Takes(Pairs)
            .Refuses(StatusCodes.Status404NotFound);
    }

    private static AnswerResult<FollowedBookList> GetBooks(IReadOnlyList<BookWatch> books) =>
        new(RenderedAnswer.OfHealth(new FollowedBookList([.. books.Select(watch => watch.Book)])));

    private static async Task<IResult> PostAsync(HttpContext context, BookRisk books)
    {
        var (request, problem) = await PortfolioReader.ReadAsync(context.Request, context.RequestAborted);
        if (request is null)
            return problem!;
        return books.TryAnswer(request, out var answer, out problem)
            ? new AnswerResult<PortfolioAnswer>(RenderedAnswer.Of(answer))
            : problem;
    }

    private static Results<AnswerResult<CorrelationList>, ProblemResult> Get(
        HttpRequest request,
        AssessmentBoard board,
        CorrelationKeeper keeper
    )
    {
        IReadOnlyList<MarketAnswers> markets = [.. board.All.DistinctBy(market => market.Id.Pair).Take(MostPairs)];
        if (request.Query.TryGetValue(Pairs.Name, out var named))
        {
            var names = named.ToString().Split(',');
            if (names.Length > MostPairs)
                return ApiProblem.BadParameter(
                    Pairs.Name,
                    $"{names.Length} pairs are too many: expected at most {MostPairs}."
                );
            var chosen = new List<MarketAnswers>();
            foreach (var name in names)
            {
                if (!MarketChoice.TryFind(name, Pairs.Name, request.Query, board, out var market, out var problem))
                    return problem;
                chosen.Add(market);
            }
            markets = [.. chosen.Distinct()];
        }
        return new AnswerResult<CorrelationList>(
            RenderedAnswer.Of(ListOf([.. markets.Select(m => m.Id)], keeper.Current))
        );
    }

    private static CorrelationList ListOf(IReadOnlyList<MarketId> markets, Correlations correlations)
    {
        IReadOnlyList<Correlation>[] rows =
        [
            .. markets.Select(one => markets.Select(other => correlations.Between(one, other)).ToArray()),
        ];
        return new(
            correlations.AsOf,
            CorrelationTracker.HalfLife,
            CorrelationTracker.EnoughHours,
            [.. markets.Select(market => market.Pair)],
            [.. rows.Select(row => row.Select(cell => cell.Value).ToArray())],
            [.. rows.Select(row => row.Select(cell => cell.Hours).ToArray())],
            [.. rows.Select(row => row.Select(cell => cell.IsAssumed).ToArray())]
        );
    }
}
