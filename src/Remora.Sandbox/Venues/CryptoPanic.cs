using System.Text.Json.Nodes;
using Remora.Sandbox.Simulation;

namespace Remora.Sandbox.Venues;

/// <summary>CryptoPanic's posts, for any key, with votes that agree with the headline.</summary>
internal sealed class CryptoPanic(SandboxWorld world) : Venue
{
    private const int PageLength = 20;

    public override string Id => "cryptopanic";

    public override IReadOnlyList<string> Hosts { get; } = ["cryptopanic.com"];

    public override VenueAnswer Answer(VenueRequest request)
    {
        if (!request.Path.EndsWith("/posts/", StringComparison.Ordinal))
            return Json(new JsonObject { ["status"] = "not found" }, 404);
        if (string.IsNullOrEmpty(request.Query("auth_token")))
            return Json(new JsonObject { ["status"] = "api_error", ["info"] = "Token not found" }, 401);
        var posts = SimulatedNews
            .Front(world, Id, request.Now)
            .Take(PageLength)
            .Select(
                (story, i) =>
                    (JsonNode)
                        new JsonObject
                        {
                            ["id"] = story.At.UnixMilliseconds + i,
                            ["kind"] = "news",
                            ["title"] = story.Title,
                            ["published_at"] = story.At.ToString(),
                            ["url"] = $"https://cryptopanic.com/news/{story.At.UnixMilliseconds}",
                            ["instruments"] = new JsonArray(new JsonObject { ["code"] = story.Base }),
                            ["votes"] = new JsonObject
                            {
                                ["negative"] = story.Tone < 0 ? 12 : 2,
                                ["positive"] = story.Tone > 0 ? 12 : 2,
                                ["important"] = 3,
                            },
                        }
            );
        return Json(
            new JsonObject
            {
                ["next"] = null,
                ["previous"] = null,
                ["results"] = new JsonArray([.. posts]),
            }
        ) with
        {
            Origin = world.Leader.Origin,
        };
    }
}
