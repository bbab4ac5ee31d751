using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Remora.Markets;

namespace Remora.Sandbox.Venues;

/// <summary>
/// FRED with the broad dollar index, as CSV and as the API: the weekdays of all released weeks. A
/// week is released on the Monday after it at 21:30 UTC.
/// </summary>
internal sealed class Fred(SandboxWorld world) : Venue
{
    private const double BroadOverNarrow = 1.2; // the two indices have different bases
    private const string Series = "DTWEXBGS";
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);
    private static readonly TimeSpan Noon = TimeSpan.FromHours(17);
    private static readonly TimeSpan Released = (7 * Day) + new TimeSpan(21, 30, 0);

    public override string Id => "fred";

    public override IReadOnlyList<string> Hosts { get; } = ["fred.stlouisfed.org", "api.stlouisfed.org"];

    public override VenueAnswer Answer(VenueRequest request) =>
        (request.Host, request.Path) switch
        {
            ("fred.stlouisfed.org", "/graph/fredgraph.csv") when request.Query("id") == Series => Csv(request),
            ("api.stlouisfed.org", "/fred/series/observations") when request.Query("series_id") == Series => Api(
                request
            ),
            _ => Json(
                new JsonObject { ["error_code"] = 400, ["error_message"] = "Bad Request. The series does not exist." },
                400
            ),
        };

    private VenueAnswer Csv(VenueRequest request)
    {
        var text = new StringBuilder("observation_date," + Series + "\n");
        foreach (var (day, value) in Values(request, "cosd"))
            text.Append(CultureInfo.InvariantCulture, $"{Date(day)},{value:0.0000}\n");
        return new(200, Encoding.UTF8.GetBytes(text.ToString()));
    }

    private VenueAnswer Api(VenueRequest request)
    {
        if (request.Query("file_type") != "json")
            return Json(
                new JsonObject
                {
                    ["error_code"] = 400,
                    ["error_message"] = "Bad Request. The sandbox supports only JSON.",
                },
                400
            );
        if (request.Query("api_key") is not { Length: > 0 })
            return Json(
                new JsonObject
                {
                    ["error_code"] = 400,
                    ["error_message"] = "Bad Request. The value for variable api_key is not set.",
                },
                400
            );
        var today = Date(request.Now);
        return Json(
            new JsonObject
            {
                ["observations"] = new JsonArray([
                    .. Values(request, "observation_start")
                        .Select(entry =>
                            (JsonNode)
                                new JsonObject
                                {
                                    ["realtime_start"] = today,
                                    ["realtime_end"] = today,
                                    ["date"] = Date(entry.Day),
                                    ["value"] = entry.Value.ToString("0.0000", CultureInfo.InvariantCulture),
                                }
                        ),
                ]),
            }
        );
    }

    private IEnumerable<(Instant Day, double Value)> Values(VenueRequest request, string start)
    {
        var first = DateOnly.TryParseExact(
            request.Query(start),
            "yyyy-MM-dd",
            CultureInfo.InvariantCulture,
            DateTimeStyles.None,
            out var asked
        )
            ? Instant.From(new(asked.ToDateTime(default), TimeSpan.Zero))
            : request.Now.Floor(Day) - (365 * Day);
        for (var day = first; day < request.Now; day += Day)
        {
            var weekday = ((int)day.ToDateTimeOffset().DayOfWeek + 6) % 7;
            if (weekday < 5 && day - (weekday * Day) + Released <= request.Now)
                yield return (day, Value(day + Noon));
        }
    }

    private double Value(Instant time) =>
        world.Signals.HeldAt("dollar_index", time) ?? world.Signals.DollarIndex(time) * BroadOverNarrow;

    private static string Date(Instant time) =>
        time.ToDateTimeOffset().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
