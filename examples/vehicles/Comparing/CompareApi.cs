using System.Globalization;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.WebUtilities;
using Remora.ClickHouse;
using Remora.Vehicles.Population;

namespace Remora.Vehicles.Comparing;

/// <summary><c>GET /vehicles/compare</c>.</summary>
internal static class CompareApi
{
    private const int LongestName = 40;
    private const int LargestEngine = 9999;
    private static readonly string[] Parameters = ["make", "model", "fuel", "engine", "from"];
    private static readonly string[] Sources = ["views", "raw"];

    public static void MapCompare(this IEndpointRouteBuilder routes, CarComparisons comparisons) =>
        routes.MapGet(
            "/vehicles/compare",
            async (HttpRequest request) =>
            {
                try
                {
                    return await AnswerAsync(request.Query, comparisons, request.HttpContext.RequestAborted);
                }
                catch (ClickHouseUnavailableException)
                {
                    return Refuse(StatusCodes.Status503ServiceUnavailable, "the store is unavailable; try again");
                }
            }
        );

    private static async Task<IResult> AnswerAsync(
        IQueryCollection query,
        CarComparisons comparisons,
        CancellationToken cancellation
    )
    {
        if (Read(query, out var asked, out var isRaw) is { } refusal)
            return refusal;
        if (await comparisons.FindAsync(asked, cancellation) is { } found)
            return Results.Json(
                await comparisons.CompareAsync(found.Id, found.Car, isRaw, cancellation),
                ComparisonJson.Default.Comparison
            );
        var nearest = await comparisons.NearestAsync(asked, cancellation);
        return Refuse(StatusCodes.Status404NotFound, "unknown car", nearest: nearest);
    }

    // Returns the error of the query; null if it is valid.
    private static IResult? Read(IQueryCollection query, out Car asked, out bool isRaw)
    {
        asked = new("", "", "", 0);
        isRaw = false;
        foreach (var (name, values) in query)
        {
            if (!Parameters.Contains(name))
                return Bad(Shown(name), "unknown parameter", Parameters);
            if (values.Count > 1)
                return Bad(name, "the parameter is repeated", ["one value"]);
        }
        foreach (var name in (string[])["make", "model"])
            if (query[name].ToString() is var text && (text.Length is 0 or > LongestName || text.Any(char.IsControl)))
                return Bad(
                    name,
                    text.Length == 0 ? "the parameter is missing" : $"'{Shown(text)}' is not a valid {name}",
                    [$"1 to {LongestName} letters"]
                );
        if (!Catalogue.FuelNames.Contains(query["fuel"].ToString()))
            return Bad("fuel", $"'{Shown(query["fuel"].ToString())}' is not a fuel", Catalogue.FuelNames);
        if (
            !int.TryParse(query["engine"].ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var engine)
            || engine > LargestEngine
        )
            return Bad(
                "engine",
                $"'{Shown(query["engine"].ToString())}' is not an engine size",
                [$"0 to {LargestEngine} cubic centimetres, 0 for electric cars"]
            );
        var from = query.TryGetValue("from", out var given) ? given.ToString() : Sources[0];
        if (!Sources.Contains(from))
            return Bad("from", $"'{Shown(from)}' is not a source of figures", Sources);
        isRaw = from == "raw";
        asked = new(query["make"].ToString(), query["model"].ToString(), query["fuel"].ToString(), engine);
        return null;
    }

    private static string Shown(string text) => text.Length <= LongestName ? text : text[..LongestName] + "…";

    private static IResult Bad(string parameter, string detail, IReadOnlyList<string> allowed) =>
        Refuse(StatusCodes.Status400BadRequest, $"{parameter}: {detail}", parameter, allowed);

    private static IResult Refuse(
        int status,
        string detail,
        string? parameter = null,
        IReadOnlyList<string>? allowed = null,
        IReadOnlyList<Car>? nearest = null
    ) =>
        Results.Json(
            new Problem(
                "about:blank",
                ReasonPhrases.GetReasonPhrase(status),
                status,
                detail,
                parameter,
                allowed,
                nearest
            ),
            ProblemJson.Default.Problem,
            "application/problem+json",
            status
        );
}

/// <summary>The reason why a request failed, by RFC 9457.</summary>
/// <param name="Type">Always about:blank.</param>
/// <param name="Title">The status in words.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="Detail">The error in one sentence.</param>
/// <param name="Parameter">The invalid parameter.</param>
/// <param name="Allowed">The allowed values.</param>
/// <param name="Nearest">The cars nearest to the requested one.</param>
internal sealed record Problem(
    string Type,
    string Title,
    int Status,
    string Detail,
    string? Parameter,
    IReadOnlyList<string>? Allowed,
    IReadOnlyList<Car>? Nearest
);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(Problem))]
internal sealed partial class ProblemJson : JsonSerializerContext;
