using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Remora.Backtest;
using Remora.Backtest.Lab;
using Remora.Markets;
using Remora.Risk;
using Remora.Server.Access;
using Remora.Server.Answers;
using Remora.Server.Api.Document;
using Remora.Server.Lab;
using Remora.Server.Settings;
using Remora.Store;

namespace Remora.Server.Api.Lab;

/// <summary>Tries policies on the past of a market, and saves one.</summary>
internal static partial class LabApi
{
    private const string Path = "/api/v1/lab";
    private const int LargestBody = 64 * 1024;
    private const string RetryAfterSeconds = "2";

    private static readonly string Example = """{"name":"calmer","model":"remora-2","block_from":0.85}""";

    public static void Map(RouteGroupBuilder api)
    {
        var lab = api.MapGroup("/lab").WithTags("Lab").Needs(KeyScopes.Admin, orUnlimited: true);
        Describe(
            lab.MapPost("", Try)
                .WithName("lab_try")
                .WithSummary("Try a policy on the past")
                .WithDescription(
                    "What a policy would have blocked and met in two years of a tracked market, beside today's "
                        + "policy at equal blocked time. The last six months are sealed and not used. Every tried "
                        + "policy is counted, and `luck` says what the count does to the odds. The body is a policy "
                        + "file: a field that is left out has its default."
                )
                .Answers<LabTrial>()
        );
        Describe(
            lab.MapPost("/save", Save)
                .WithName("lab_save")
                .WithSummary("Save a tried policy")
                .WithDescription(
                    "Returns a policy as a file, with the number of tried policies in its description, and its "
                        + "figures over the sealed months, which are shown once. The service does not use the policy: "
                        + "start it with `--policy FILE`."
                )
                .Answers<LabSaved>()
        );
    }

    /// <summary>Allows the bodies of these requests, before anything can refuse them.</summary>
    public static void UseBodyOfLab(this IApplicationBuilder app) =>
        app.Use(next =>
            context =>
            {
                if (
                    HttpMethods.IsPost(context.Request.Method)
                    && context.Request.Path.StartsWithSegments(Path, StringComparison.OrdinalIgnoreCase)
                    && context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size
                )
                    size.MaxRequestBodySize = LargestBody;
                return next(context);
            }
        );

    private static void Describe(RouteHandlerBuilder endpoint) =>
        endpoint
            .Accepts<RiskPolicy>("application/json")
            .WithMetadata(new RequestExample(Example))
            .Takes(QueryParameter.Pair, QueryParameter.Exchange, QueryParameter.Timeframe)
            .Refuses(
                StatusCodes.Status404NotFound,
                StatusCodes.Status409Conflict,
                StatusCodes.Status413PayloadTooLarge,
                StatusCodes.Status415UnsupportedMediaType,
                StatusCodes.Status503ServiceUnavailable
            );

    private static Task<IResult> Try(
        HttpContext context,
        ServiceSettings settings,
        ServiceParts parts,
        AssessmentBoard board,
        ServiceLab lab
    ) =>
        RunAsync(
            context,
            settings,
            parts,
            board,
            lab,
            async (bench, market, policy, cancellation) =>
                new AnswerResult<LabTrial>(RenderedAnswer.Of(await bench.TryAsync(market, policy, cancellation)))
        );

    private static Task<IResult> Save(
        HttpContext context,
        ServiceSettings settings,
        ServiceParts parts,
        AssessmentBoard board,
        ServiceLab lab
    ) =>
        RunAsync(
            context,
            settings,
            parts,
            board,
            lab,
            async (bench, market, policy, cancellation) =>
                new AnswerResult<LabSaved>(RenderedAnswer.Of(await bench.SaveAsync(market, policy, cancellation)))
        );

    private static async Task<IResult> RunAsync(
        HttpContext context,
        ServiceSettings settings,
        ServiceParts parts,
        AssessmentBoard board,
        ServiceLab lab,
        Func<LabBench, MarketId, RiskPolicy, CancellationToken, Task<IResult>> work
    )
    {
        if (ChangePermission.Refusal(context, settings) is { } refusal)
            return refusal;
        if (!MarketChoice.TryRead(context.Request.Query, board, out var market, out var problem))
            return problem;
        if (lab.Bench is not { } bench)
            return ApiProblem.Of(
                StatusCodes.Status409Conflict,
                "This service has no candles of the past: it runs without a store, and lab_candles names no folder."
            );
        var cancellation = context.RequestAborted;
        try
        {
            var (policy, invalid) = await ReadAsync(context.Request, cancellation);
            return policy is null ? invalid! : await work(bench, market.Id, policy, cancellation);
        }
        catch (PolicyException e)
        {
            return Invalid(e);
        }
        catch (BacktestException e)
        {
            return ApiProblem.Of(StatusCodes.Status409Conflict, Sentence(e.Message));
        }
        catch (LabBusyException e)
        {
            context.Response.Headers.RetryAfter = RetryAfterSeconds;
            return ApiProblem.Of(StatusCodes.Status503ServiceUnavailable, Sentence(e.Message));
        }
        catch (Exception e) when (StoreFault.Is(e, cancellation))
        {
            parts.Record?.Session.Report(e);
            context.Response.Headers.RetryAfter = RetryAfterSeconds;
            return ApiProblem.Of(
                StatusCodes.Status503ServiceUnavailable,
                $"The store does not answer: {StoreFault.Describe(e).TrimEnd('.')}. Current assessments are not "
                    + "affected."
            );
        }
    }

    private static async Task<(RiskPolicy?, ProblemResult?)> ReadAsync(
        HttpRequest request,
        CancellationToken cancellation
    )
    {
        if (!request.HasJsonContentType())
            return (
                null,
                ApiProblem.BadParameter("body", "body: expected JSON with 'Content-Type: application/json'.")
            );
        try
        {
            if (request.ContentLength > LargestBody)
                return (null, TooLarge(request));
            using var body = new MemoryStream();
            await request.Body.CopyToAsync(body, cancellation);
            return (PolicyFile.Parse(body.GetBuffer().AsSpan(0, (int)body.Length)), null);
        }
        catch (BadHttpRequestException e) when (e.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return (null, TooLarge(request));
        }
    }

    // The rest of the body is not read, so the connection cannot be used again.
    private static ProblemResult TooLarge(HttpRequest request)
    {
        request.HttpContext.Response.Headers.Connection = "close";
        return ApiProblem.Of(
            StatusCodes.Status413PayloadTooLarge,
            $"The body is larger than {LargestBody / 1024} KiB: expected a policy file.",
            "body"
        );
    }

    private static ProblemResult Invalid(PolicyException e) =>
        ApiProblem.BadParameter(
            Field().Match(e.Message) is { Success: true } field ? field.Groups["name"].Value : "body",
            Sentence(e.Message)
        );

    private static string Sentence(string message) => $"{message.TrimEnd('.')}.";

    [GeneratedRegex(@"^(?<name>[a-z_]{1,40}(\.[a-z_]{1,40})?)(\[\d{1,5}\])?[:,]", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Field();
}
