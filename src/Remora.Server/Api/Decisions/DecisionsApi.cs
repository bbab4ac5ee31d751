using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Remora.Markets;
using Remora.Server.Access;
using Remora.Server.Answers;
using Remora.Server.Api.Document;
using Remora.Server.Settings;

namespace Remora.Server.Api.Decisions;

/// <summary>Takes reports of entries that bots wanted, and returns what became of them.</summary>
internal static class DecisionsApi
{
    /// <summary>The path of both requests.</summary>
    public const string Path = "/api/v1/decisions";

    private const int UsualLimit = 100;
    private const int MostListed = 1000;
    private static readonly TimeSpan UsualSpan = TimeSpan.FromDays(7);
    private static readonly TimeSpan Skew = TimeSpan.FromHours(1); // of the clocks of bots

    private const string Example = """
        {"decisions":[{"id":"bot1-20260613T0800-BTC","bot":"bot1","strategy":"Sample","pair":"BTC/USDT",
        "at":"2026-01-13T08:00:02Z","verdict":"refused","blocked_by":["risk_score"],"price":65000,"stake":100,
        "stop_loss":-0.1,"roi":[{"minutes":0,"profit":0.04},{"minutes":60,"profit":0.01}]}]}
        """;

    private static readonly QueryParameter Limit = new(
        "limit",
        $"The maximum number of entries to list, the newest first. Default: {UsualLimit}. All entries count in the "
            + "summary.",
        "100",
        Range: (1, MostListed)
    );

    public static void Map(RouteGroupBuilder api)
    {
        var decisions = api.MapGroup("").WithTags("Decisions");
        decisions
            .MapPost("/decisions", PostAsync)
            .Needs(KeyScopes.Decisions, isChange: true)
            .WithName("report_decisions")
            .WithSummary("Report entries")
            .WithDescription(
                "Stores entries that a bot wanted, refused or allowed, so that they are followed. The answer comes "
                    + "when they are stored. A report with a known `id` changes nothing. In a problem, `parameter` is "
                    + "the path of the field, such as `decisions[0].side`."
            )
            .Accepts<DecisionReports>("application/json")
            .WithMetadata(new RequestExample(Example))
            .Takes()
            .Answers<DecisionReceipt>()
            .Refuses(
                StatusCodes.Status401Unauthorized,
                StatusCodes.Status403Forbidden,
                StatusCodes.Status413PayloadTooLarge,
                StatusCodes.Status415UnsupportedMediaType,
                StatusCodes.Status503ServiceUnavailable
            );
        decisions
            .MapGet("/decisions", GetAsync)
            .WithName("decisions")
            .WithSummary("List what became of entries")
            .WithDescription(
                "The entries that bots wanted in a span of at most 92 days, the last seven days by default, and what "
                    + "became of them, or would have become of them: their profit after 1, 4 and 24 hours, and by the "
                    + "stop and the targets of the bot. What refusing them saved and missed, beside refusing as many "
                    + "others."
            )
            .Takes(QueryParameter.From, QueryParameter.To, Limit)
            .Answers<DecisionAnswer>()
            .Refuses(StatusCodes.Status503ServiceUnavailable);
    }

    private static async Task<IResult> PostAsync(
        HttpContext context,
        AssessmentBoard board,
        ServiceSettings settings,
        ServiceParts parts
    )
    {
        if (ChangePermission.Refusal(context, settings) is { } refusal)
            return refusal;
        var (json, problem) = await JsonBody.ReadAsync(
            context.Request,
            $"{DecisionReader.Most} entries",
            context.RequestAborted
        );
        if (problem is not null)
            return problem;
        // Bots live in real time, also when the service is in a sandbox
        var now = Instant.From(settings.RealClock.GetUtcNow());
        var latest = (now > board.Now ? now : board.Now) + Skew;
        if (!DecisionReader.TryParse(json.Span, latest, out var reports, out problem))
            return problem;
        return await StoredResult.OfAsync(
            parts,
            context,
            async (store, cancellation) =>
            {
                var receipt = await DecisionLedger.AddAsync(store, board, reports, cancellation);
                return new AnswerResult<DecisionReceipt>(RenderedAnswer.Of(receipt));
            }
        );
    }

    private static async Task<IResult> GetAsync(HttpContext context, AssessmentBoard board, ServiceParts parts)
    {
        var (query, now) = (context.Request.Query, board.Now);
        if (
            !SpanChoice.TryReadMoment(query, "to", now, now + Skew, out var to, out var problem)
            || !SpanChoice.TryReadMoment(query, "from", now, to - UsualSpan, out var from, out problem)
            || !SpanChoice.TryReadLimit(query, UsualLimit, MostListed, out var limit, out problem)
        )
            return problem;
        if (from >= to)
            return ApiProblem.BadParameter("from", $"The span is empty: it begins at {from} and ends at {to}.");
        if (to - from > DecisionLedger.LongestSpan + Skew)
            return ApiProblem.BadParameter(
                "from",
                $"The span is {(to - from).TotalDays:0} days: expected at most {DecisionLedger.LongestSpan.Days}."
            );
        return await StoredResult.OfAsync(
            parts,
            context,
            async (store, cancellation) =>
            {
                var answer = await DecisionLedger.FollowAsync(store, from, to, now, limit, cancellation);
                return new AnswerResult<DecisionAnswer>(RenderedAnswer.Of(answer));
            }
        );
    }
}
