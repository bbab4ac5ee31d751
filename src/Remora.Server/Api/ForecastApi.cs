using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Remora.Forecasts;
using Remora.Server.Access;
using Remora.Server.Answers;

namespace Remora.Server.Api;

/// <summary>A market's forecast.</summary>
public sealed record ForecastAnswer : MarketStamp
{
    internal ForecastAnswer(Assessment assessment, Horizon? horizon, double? fall, double? rise)
        : base(assessment)
    {
        Forecast = assessment.Forecast?.Choose(horizon, fall, rise);
        NoForecast = assessment.NoForecast;
    }

    /// <summary>
    /// How large the next moves will be, with the horizon and the thresholds of the request. Null
    /// when there is none.
    /// </summary>
    public Forecast? Forecast { get; }

    /// <summary>Why there is no forecast; null when there is one.</summary>
    public NoForecast? NoForecast { get; }
}

/// <summary>Returns the forecast of a market for any horizon and threshold.</summary>
internal static class ForecastApi
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapGet("/forecast", Get)
            .WithTags("Details")
            .Needs(KeyScopes.Decisions)
            .WithName("forecast")
            .WithSummary("Get the forecast")
            .WithDescription(
                "How large the next moves of a market will be: volatility, its factors, the probabilities of falls and "
                    + "rises, losses, and distances of stops, for 1, 4 and 24 hours. With `fall` or `rise`, the "
                    + "probability of that threshold instead of the usual ones."
            )
            .Takes(
                QueryParameter.Pair,
                QueryParameter.Exchange,
                QueryParameter.Timeframe,
                QueryParameter.Horizon,
                QueryParameter.Fall,
                QueryParameter.Rise
            )
            .Refuses(StatusCodes.Status404NotFound);

    private static Results<AnswerResult<ForecastAnswer>, ProblemResult> Get(HttpRequest request, AssessmentBoard board)
    {
        var query = request.Query;
        if (
            !TryReadHorizon(query, out var horizon, out var problem)
            || !TryReadRatio(query, QueryParameter.Fall, out var fall, out problem)
            || !TryReadRatio(query, QueryParameter.Rise, out var rise, out problem)
            || !MarketChoice.TryRead(query, board, out var market, out problem)
        )
            return problem;
        var assessment = market.Latest(0).At(board.Now, Risk.Side.Long);
        return new AnswerResult<ForecastAnswer>(RenderedAnswer.Of(new ForecastAnswer(assessment, horizon, fall, rise)));
    }

    /// <summary>Reads <c>horizon</c>; null without it.</summary>
    public static bool TryReadHorizon(
        IQueryCollection query,
        out Horizon? horizon,
        [NotNullWhen(false)] out ProblemResult? problem
    )
    {
        (horizon, problem) = (null, null);
        var parameter = QueryParameter.Horizon;
        if (!query.TryGetValue(parameter.Name, out var text) || Horizon.TryParse(text, out horizon))
            return true;
        problem = ApiProblem.BadParameter(
            parameter.Name,
            $"Unknown horizon '{Shown.Of(text.ToString())}': expected {Shown.Choice(parameter.Allowed!)}.",
            parameter.Allowed
        );
        return false;
    }

    private static bool TryReadRatio(
        IQueryCollection query,
        QueryParameter parameter,
        out double? ratio,
        [NotNullWhen(false)] out ProblemResult? problem
    )
    {
        (ratio, problem) = (null, null);
        if (!query.TryGetValue(parameter.Name, out var text))
            return true;
        if (
            double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            && number is > 0 and < 1
        )
        {
            ratio = number;
            return true;
        }
        problem = ApiProblem.BadParameter(
            parameter.Name,
            $"'{Shown.Of(text.ToString())}' is not a ratio: expected a number above 0 and below 1, such as 0.03 "
                + "for 3 %."
        );
        return false;
    }
}
