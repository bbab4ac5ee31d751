using Microsoft.AspNetCore.Builder;

namespace Remora.Server.Api.Document;

/// <summary>
/// Metadata: an endpoint also returns its rows as files, in each format of the store.
/// </summary>
/// <param name="Columns">The column names, separated by commas, by the kind of rows.</param>
internal sealed record FileFormats(IReadOnlyDictionary<string, string> Columns);

/// <summary>Adds this metadata to endpoints.</summary>
internal static class FileFormatsExtensions
{
    public static TBuilder GivesFiles<TBuilder>(
        this TBuilder endpoint,
        params IReadOnlyList<(string Rows, IReadOnlyList<string> Columns)> files
    )
        where TBuilder : IEndpointConventionBuilder =>
        endpoint.WithMetadata(
            new FileFormats(
                files.ToDictionary(file => file.Rows, file => string.Join(',', file.Columns), StringComparer.Ordinal)
            )
        );
}
