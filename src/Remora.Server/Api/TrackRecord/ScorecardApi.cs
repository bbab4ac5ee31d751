using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Remora.Forecasts;
using Remora.Markets;
using Remora.Server.Answers;
using Remora.Server.Grading;

namespace Remora.Server.Api.TrackRecord;

/// <summary>Returns how the published forecasts of a market met what came.</summary>
internal static class ScorecardApi
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapGet("/scorecard", Get)
            .WithTags("History")
            .WithName("scorecard")
            .WithSummary("Get the track record")
            .WithDescription(
                "How the published forecasts of a market met what came, graded when their horizon has passed: accuracy "
                    + "beside simpler models on the same hours, reliability of probabilities, losses beyond the value "
                    + "at risk, and the hours that could not be graded. Only forecasts that were published before "
                    + "their outcome count. The span `from`, `to` selects the hours at which horizons begin; by "
                    + "default it is the whole record."
            )
            .Takes(
                QueryParameter.Pair,
                QueryParameter.Exchange,
                QueryParameter.Timeframe,
                QueryParameter.Horizon,
                QueryParameter.From,
                QueryParameter.To
            )
            .Answers<Scorecard>()
            .Refuses(StatusCodes.Status404NotFound, StatusCodes.Status503ServiceUnavailable);

    private static async Task<IResult> Get(HttpContext context, AssessmentBoard board, ServiceParts parts)
    {
        var query = context.Request.Query;
        if (
            !ForecastApi.TryReadHorizon(query, out var horizon, out var problem)
            || !TryReadSpan(query, board.Now, out var from, out var to, out problem)
            || !MarketChoice.TryRead(query, board, out var market, out problem)
        )
            return problem;
        IReadOnlyList<Horizon> horizons = horizon is null ? Horizon.All : [horizon];
        return await StoredResult.OfAsync(
            parts,
            context,
            async (store, cancellation) =>
            {
                var grader = new RecordGrader(store.Record);
                var scorecard = await grader.GradeAsync(market.Id, horizons, from, to, board.Now, cancellation);
                return new AnswerResult<Scorecard>(RenderedAnswer.Of(scorecard));
            }
        );
    }

    private static bool TryReadSpan(
        IQueryCollection query,
        Instant now,
        out Instant? from,
        out Instant to,
        [NotNullWhen(false)] out ProblemResult? problem
    )
    {
        from = null;
        if (
            !SpanChoice.TryReadMoment(query, "to", now, now, out to, out problem)
            || !SpanChoice.TryReadMoment(query, "from", now, Instant.MinValue, out var begin, out problem)
        )
            return false;
        if (to > now)
            to = now;
        if (query.ContainsKey("from"))
            from = begin;
        if (begin < to)
            return true;
        problem = ApiProblem.BadParameter("from", $"The span is empty: it begins at {begin} and ends at {to}.");
        return false;
    }
}
