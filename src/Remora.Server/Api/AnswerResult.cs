using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Remora.Server.Answers;

namespace Remora.Server.Api;

/// <summary>
/// An answer of type <typeparamref name="T"/>, or 304 if the caller already has it.
/// </summary>
internal sealed class AnswerResult<T>(RenderedAnswer answer) : IResult, IEndpointMetadataProvider
{
    public Task ExecuteAsync(HttpContext httpContext)
    {
        AnswerWriter.Write(httpContext, answer);
        return Task.CompletedTask;
    }

    /// <summary>The response metadata for the OpenAPI document.</summary>
    public static object[] Metadata { get; } =
    [
        new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(T), [AnswerWriter.MediaType]),
        new ProducesResponseTypeMetadata(StatusCodes.Status304NotModified, typeof(void)),
    ];

    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder)
    {
        foreach (var part in Metadata)
            builder.Metadata.Add(part);
    }
}

/// <summary>Adds the metadata of answers to endpoints whose handlers do not declare it.</summary>
internal static class AnswerResultExtensions
{
    public static RouteHandlerBuilder Answers<T>(this RouteHandlerBuilder endpoint) =>
        endpoint.WithMetadata(AnswerResult<T>.Metadata);
}
