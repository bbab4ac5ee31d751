using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;

namespace Remora.Server.Api;

/// <summary>Reads the JSON of a request and says which of its fields is wrong.</summary>
internal static partial class JsonBody
{
    /// <summary>The maximum size of a body in bytes.</summary>
    public const int Largest = 64 * 1024;

    /// <summary>Reads the bytes of a body.</summary>
    /// <param name="http">The request.</param>
    /// <param name="most">The most that one body may contain, in words.</param>
    /// <param name="cancellation">Stops reading.</param>
    public static async Task<(ReadOnlyMemory<byte> Json, ProblemResult? Problem)> ReadAsync(
        HttpRequest http,
        string most,
        CancellationToken cancellation
    )
    {
        if (!http.HasJsonContentType())
            return (default, Bad("body", "expected JSON with 'Content-Type: application/json'"));
        if (http.ContentLength > Largest)
            return (default, TooLarge(http, most));
        try
        {
            using var body = new MemoryStream();
            await http.Body.CopyToAsync(body, cancellation);
            return (body.GetBuffer().AsMemory(0, (int)body.Length), null);
        }
        catch (BadHttpRequestException e) when (e.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return (default, TooLarge(http, most));
        }
    }

    /// <summary>Returns the problem of a field.</summary>
    public static ProblemResult Bad(string field, string detail, IReadOnlyList<string>? allowed = null) =>
        ApiProblem.BadParameter(field, $"{field}: {detail}.", allowed);

    /// <summary>Returns the problem of a body that cannot be parsed.</summary>
    /// <param name="e">The error, whose message names types of the program.</param>
    /// <param name="expected">What is expected of each field, by its name.</param>
    /// <param name="whole">What is expected of the body.</param>
    /// <param name="allowed">The allowed values of fields that have a few.</param>
    public static ProblemResult Unreadable(
        JsonException e,
        IReadOnlyDictionary<string, string> expected,
        string whole,
        IReadOnlyDictionary<string, IReadOnlyList<string>> allowed
    )
    {
        var field = e.Path is { Length: > 2 } path && Field().IsMatch(path[2..]) ? path[2..] : "body";
        if (e.Message.Contains("could not be mapped", StringComparison.Ordinal))
            return Bad(field, $"unknown field: expected {Shown.Choice([.. expected.Keys])}");
        var name = Index().Replace(field[(field.LastIndexOf('.') + 1)..], "");
        return expected.TryGetValue(name, out var wanted)
            ? Bad(field, wanted, allowed.GetValueOrDefault(name))
            : Bad("body", whole);
    }

    // The rest of the body is not read, so the connection cannot be used again.
    private static ProblemResult TooLarge(HttpRequest http, string most)
    {
        http.HttpContext.Response.Headers.Connection = "close";
        return ApiProblem.Of(
            StatusCodes.Status413PayloadTooLarge,
            $"The body is larger than {Largest / 1024} KiB: expected at most {most}.",
            "body"
        );
    }

    [GeneratedRegex(
        @"^[a-z_]{1,32}(\[\d{1,5}\])?(\.[a-z_]{1,32}(\[\d{1,5}\])?){0,2}$",
        RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex Field();

    [GeneratedRegex(@"\[\d+\]$", RegexOptions.None, 1000)]
    private static partial Regex Index();
}
