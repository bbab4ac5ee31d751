using System.Globalization;
using System.Text;
using System.Xml.Linq;
using Remora.Sandbox.Simulation;

namespace Remora.Sandbox.Venues;

/// <summary>
/// The feeds of the newspapers, RSS 2.0, each with headlines of its own and some that all
/// newspapers have.
/// </summary>
internal sealed class Newspapers(SandboxWorld world) : Venue
{
    private static readonly Dictionary<string, string> Paths = new()
    {
        ["www.coindesk.com"] = "/arc/outboundfeeds/rss/",
        ["cointelegraph.com"] = "/rss",
        ["decrypt.co"] = "/feed",
        ["www.theblock.co"] = "/rss.xml",
        ["bitcoinmagazine.com"] = "/feed",
    };

    public override string Id => "news";

    public override IReadOnlyList<string> Hosts { get; } = [.. Paths.Keys];

    public override VenueAnswer Answer(VenueRequest request)
    {
        if (request.Path != Paths[request.Host])
            return new(404, "not found"u8.ToArray());
        var items = SimulatedNews
            .Front(world, request.Host, request.Now)
            .Select(
                (story, i) =>
                    new XElement(
                        "item",
                        new XElement("title", new XCData(story.Title)),
                        new XElement("link", $"https://{request.Host}/story/{story.At.UnixMilliseconds}"),
                        new XElement(
                            "pubDate",
                            story
                                .At.ToDateTimeOffset()
                                .ToString("ddd, dd MMM yyyy HH:mm:ss +0000", CultureInfo.InvariantCulture)
                        ),
                        new XElement(
                            "guid",
                            new XAttribute("isPermaLink", "false"),
                            $"{request.Host}-{story.At.UnixMilliseconds}-{i}"
                        )
                    )
            );
        var feed = new XElement(
            "rss",
            new XAttribute("version", "2.0"),
            new XElement(
                "channel",
                new XElement("title", request.Host),
                new XElement("link", "https://" + request.Host),
                items
            )
        );
        return new(
            200,
            Encoding.UTF8.GetBytes("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + feed),
            world.Leader.Origin
        );
    }
}
