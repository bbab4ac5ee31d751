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
    public static void Map(RouteGroupBuilder api)
    {
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
        api.MapGet("/scorecard/books", GetBooks)
            .WithTags("History")
            .WithName("book_scorecards")
            .WithSummary("Get the track record of books")
            .WithDescription(
                "How what was said about three fixed books and about those of followed bots met what came within 24 "
                    + "hours, as if the positions had been held: bias, losses beyond the value at risk beside those to "
                    + "expect, and their size beside the expected shortfall. The span `from`, `to` selects the hours "
                    + "at which horizons begin; by default it is the whole record."
            )
            .Takes(QueryParameter.From, QueryParameter.To)
            .Answers<BookScorecardList>()
            .Refuses(StatusCodes.Status503ServiceUnavailable);
    }

    private static async Task<IResult> GetBooks(HttpContext context, AssessmentBoard board, ServiceParts parts)
    {
        if (!TryReadSpan(context.Request.Query, board.Now, out var from, out var to, out var problem))
            return problem;
        return await StoredResult.OfAsync(
            parts,
            context,
            async (store, cancellation) =>
            {
                var rows = await store.Books.ListAsync(Instant.MinValue, to, cancellation);
                var begin = from ?? (rows.Count == 0 ? to : rows.Min(row => row.At));
                var returns = new Dictionary<string, IReadOnlyDictionary<Instant, double[]>?>();
                foreach (var pair in rows.Where(row => row.At >= begin).SelectMany(row => row.Pairs).Distinct())
                    returns[pair] = board.MarketsOf(pair) is [var market, ..]
                        ? await store.Record.ReturnsAsync(
                            market.Id,
                            begin,
                            to + TimeSpan.FromHours(BookGrader.Horizon),
                            cancellation
                        )
                        : null;
                var books = rows.GroupBy(row => row.Bot)
                    .Select(group => BookGrader.Grade([.. group], from, to, board.Now, returns.GetValueOrDefault))
                    .OrderBy(book => book.Followed)
                    .ThenBy(book => book.Name, StringComparer.Ordinal);
                return new AnswerResult<BookScorecardList>(
                    RenderedAnswer.Of(new BookScorecardList(from, to, Horizon.OneDay.Name, [.. books]))
                );
            }
        );
    }

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
