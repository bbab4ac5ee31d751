using Microsoft.AspNetCore.Builder;

namespace Remora.Server.Api.Document;

/// <summary>An endpoint also gives its rows as files, in each format of the store.</summary>
/// <param name="Columns">The names of the columns, separated by commas, by what kind of rows they are.</param>
internal sealed record FileFormats(IReadOnlyDictionary<string, string> Columns);

/// <summary>Lets an endpoint say so.</summary>
internal static class FileFormatsExtensions
{
    public static TBuilder GivesFiles<TBuilder>(this TBuilder endpoint, params IReadOnlyList<(string Rows, string Columns)> files) where TBuilder : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new FileFormats(files.ToDictionary(file => file.Rows, file => file.Columns, StringComparer.Ordinal)));
}
