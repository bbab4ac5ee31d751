using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Remora.Markets;
using Remora.Server.Access;
using Remora.Server.Answers;
using Remora.Server.Api;
using Remora.Store;
using Remora.Store.Recording;

namespace Remora.Server.Storage;

/// <summary>Records requests to the API: the query, the result and the duration.</summary>
internal static class RequestRecord
{
    private const string Unknown = "unknown";

    /// <summary>
    /// Records every request to the API after its answer. A stream is recorded when it ends.
    /// </summary>
    public static void UseRequestRecord(this IApplicationBuilder app, Recorder recorder, AssessmentBoard board) =>
        app.Use(next =>
            context =>
            {
                if (!context.Request.Path.StartsWithSegments("/api"))
                    return next(context);
                var (at, began) = (board.Now, Stopwatch.GetTimestamp());
                var answering = next(context);
                if (!answering.IsCompletedSuccessfully)
                    return RecordAsync(answering);
                Record();
                return answering;

                async Task RecordAsync(Task answer)
                {
                    await answer;
                    Record();
                }

                void Record()
                {
                    var request = context.Request;
                    recorder.Request(
                        new(
                            at,
                            RouteName.Of(context) ?? Unknown,
                            PairOf(request.QueryString.Value, board),
                            HashOf(request.Path.Value, request.QueryString.Value),
                            ResultOf(context.Response.Headers.ETag),
                            context.Response.StatusCode == StatusCodes.Status304NotModified,
                            context.Response.StatusCode,
                            (uint)Math.Min(Stopwatch.GetElapsedTime(began).TotalMicroseconds, uint.MaxValue),
                            Caller.Of(context)?.Key?.Name
                        )
                    );
                }
            }
        );

    // Most requests have only a pair. It is found without parsing the query.
    private static string? PairOf(string? query, AssessmentBoard board)
    {
        const string name = "pair=";
        if (query is null)
            return null;
        var at = query.IndexOf(name, StringComparison.Ordinal);
        if (at < 1 || query[at - 1] is not ('?' or '&'))
            return null;
        var value = query.AsSpan(at + name.Length);
        if (value.IndexOf('&') is >= 0 and var end)
            value = value[..end];
        if (value.Length > Pair.MaxLength * 3)
            return null;
        var markets = board.MarketsOf(value);
        if (markets.Length == 0)
            markets = board.MarketsOf(Uri.UnescapeDataString(value).ToUpperInvariant());
        return markets is [var market, ..] ? market.Id.Pair.ToString() : null;
    }

    /// <summary>
    /// FNV-1a over the characters. The hash distinguishes queries; it has no security purpose.
    /// </summary>
    private static ulong HashOf(string? path, string? query)
    {
        var hash = 14695981039346656037UL;
        foreach (var c in path.AsSpan())
            hash = (hash ^ c) * 1099511628211UL;
        foreach (var c in query.AsSpan())
            hash = (hash ^ c) * 1099511628211UL;
        return hash;
    }

    private static ulong ResultOf(string? tag) =>
        tag is { Length: > 4 }
        && ulong.TryParse(
            tag.AsSpan(3, tag.Length - 4),
            NumberStyles.AllowHexSpecifier,
            CultureInfo.InvariantCulture,
            out var hash
        )
            ? hash
            : 0;
}
