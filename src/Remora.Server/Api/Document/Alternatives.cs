using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace Remora.Server.Api.Document;

/// <summary>
/// Describes several response types for one status. The framework supports one type per status, so
/// all but the first type of status 200 get a placeholder status here.
/// <see cref="DocumentOperation"/> then merges them.
/// </summary>
internal static class Alternatives
{
    private const int First = 290,
        Unused = 299;

    /// <summary>
    /// Assigns a placeholder status to each further response type, in the metadata only.
    /// </summary>
    public static TBuilder SeparatesAlternatives<TBuilder>(this TBuilder endpoints)
        where TBuilder : IEndpointConventionBuilder
    {
        endpoints.Finally(endpoint =>
        {
            var types = new List<Type>();
            for (var i = 0; i < endpoint.Metadata.Count; i++)
            {
                if (
                    endpoint.Metadata[i]
                        is not ProducesResponseTypeMetadata
                        {
                            StatusCode: StatusCodes.Status200OK,
                            Type: { } type
                        } answer
                    || types.Contains(type)
                )
                    continue;
                if (types.Count > 0)
                    endpoint.Metadata[i] = new ProducesResponseTypeMetadata(
                        First + types.Count,
                        type,
                        [.. answer.ContentTypes]
                    );
                types.Add(type);
            }
        });
        return endpoints;
    }

    /// <summary>Adds the schema of a type that no endpoint returns to the document.</summary>
    public static TBuilder AlsoDescribes<TBuilder>(this TBuilder endpoint, Type type)
        where TBuilder : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new ProducesResponseTypeMetadata(Unused, type, [Answers.AnswerWriter.MediaType]));

    public static bool Is(string status) => int.TryParse(status, out var code) && code is >= First and <= Unused;

    public static bool IsUnused(string status) => int.TryParse(status, out var code) && code == Unused;
}
