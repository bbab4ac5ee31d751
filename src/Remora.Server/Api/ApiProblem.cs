using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Remora.Server.Api;

/// <summary>Why a request was not answered, as RFC 9457 has it.</summary>
/// <param name="Type">Always <c>about:blank</c>: the status defines the problem.</param>
/// <param name="Title">The status in words.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="Detail">What is wrong, in a sentence.</param>
/// <param name="Parameter">The query parameter that is invalid.</param>
/// <param name="Allowed">The allowed values.</param>
/// <param name="Nearest">The tracked pairs with the most similar names.</param>
public sealed record ApiProblem(
    string Type,
    string Title,
    int Status,
    string Detail,
    string? Parameter = null,
    IReadOnlyList<string>? Allowed = null,
    IReadOnlyList<string>? Nearest = null
)
{
    internal const string MediaType = "application/problem+json";

    internal static ProblemResult Of(
        int status,
        string detail,
        string? parameter = null,
        IReadOnlyList<string>? allowed = null,
        IReadOnlyList<string>? nearest = null
    ) =>
        new(
            new(
                "about:blank",
                ReasonPhrases.GetReasonPhrase(status),
                status,
                ServerPaths.Hide(detail),
                parameter,
                allowed,
                nearest
            )
        );

    internal static ProblemResult BadParameter(
        string parameter,
        string detail,
        IReadOnlyList<string>? allowed = null
    ) => Of(StatusCodes.Status400BadRequest, detail, parameter, allowed);

    internal byte[] Render() => JsonSerializer.SerializeToUtf8Bytes(this, ServerJson.WithoutNulls.ApiProblem);
}

/// <summary>A problem as the result of an endpoint.</summary>
internal sealed class ProblemResult(ApiProblem problem) : IResult
{
    public ApiProblem Problem => problem;

    public Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        var body = problem.Render();
        response.StatusCode = problem.Status;
        response.ContentType = ApiProblem.MediaType;
        response.ContentLength = body.Length;
        response.Headers.CacheControl = "no-store";
        return response.Body.WriteAsync(body, 0, body.Length, httpContext.RequestAborted);
    }
}
