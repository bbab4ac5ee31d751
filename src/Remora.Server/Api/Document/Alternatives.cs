using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace Remora.Server.Api.Document;

/// <summary>
/// The framework describes one type of answer for each status. Where a call has several for 200, all but the first get a made-up status here, under which the framework
/// describes them; <see cref="DocumentOperation"/> then puts them together.
/// </summary>
internal static class Alternatives
{
    private const int First = 290, Unused = 299;

    /// <summary>Gives each further type of answer a status of its own, in the metadata alone.</summary>
    public static TBuilder SeparatesAlternatives<TBuilder>(this TBuilder endpoints) where TBuilder : IEndpointConventionBuilder
    {
        endpoints.Finally(endpoint =>
        {
            var types = new List<Type>();
            for (var i = 0; i < endpoint.Metadata.Count; i++)
            {
                if (endpoint.Metadata[i] is not ProducesResponseTypeMetadata { StatusCode: StatusCodes.Status200OK, Type: { } type } answer || types.Contains(type)) continue;
                if (types.Count > 0) endpoint.Metadata[i] = new ProducesResponseTypeMetadata(First + types.Count, type, [.. answer.ContentTypes]);
                types.Add(type);
            }
        });
        return endpoints;
    }

    /// <summary>Lets the document have the schema of a type that no call answers with.</summary>
    public static TBuilder AlsoDescribes<TBuilder>(this TBuilder endpoint, Type type) where TBuilder : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new ProducesResponseTypeMetadata(Unused, type, [Answers.AnswerWriter.MediaType]));

    public static bool Is(string status) => int.TryParse(status, out var code) && code is >= First and <= Unused;

    public static bool IsUnused(string status) => int.TryParse(status, out var code) && code == Unused;
}
