using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Remora.Feeds.News;
using Remora.Server.Answers;

namespace Remora.Server.Api;

/// <summary>The headlines behind the news sentiment.</summary>
internal static class NewsApi
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapGroup("")
            .WithTags("Status")
            .MapGet("/news", GetNews)
            .WithName("news")
            .WithSummary("Get the news sentiment")
            .WithDescription(
                "The sentiment of the whole market and of each base currency, and every headline of the last day "
                    + "with its score and its contribution. Empty until a news source has answered."
            )
            .Takes();

    private static AnswerResult<NewsReport> GetNews(AssessmentBoard board, ServiceParts parts) =>
        new(RenderedAnswer.Of(parts.News?.Invoke() ?? new NewsReport(board.Now, [], [])));
}
