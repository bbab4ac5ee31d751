using Remora.Markets;

namespace Remora.Sandbox.Simulation;

/// <summary>
/// The headlines of the simulated newspapers: about two per hour and newspaper, more positive after
/// a rise and more negative after a fall. Some stories appear in every newspaper.
/// </summary>
internal static class SimulatedNews
{
    private const int MostHours = 30;
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private static readonly string[] Good =
    [
        "{0} rallies as spot inflows hit {1} million dollars",
        "{0} climbs to a {1}-day high on strong demand",
        "Analysts bullish on {0} after {1} upgrade approvals",
        "{0} surges past resistance in hour {1} of trading",
        "Fund adoption of {0} grows by {1} percent",
    ];

    private static readonly string[] Bad =
    [
        "{0} plunges as {1} million dollars are liquidated",
        "Exchange hacked for {1} million dollars in {0}",
        "{0} slumps to a {1}-day low amid sell-off",
        "Regulator sues {0} broker over {1} fraud claims",
        "{0} crashes in hour {1} of panic trading",
    ];

    private static readonly string[] Neutral =
    [
        "What to know about {0} in week {1}",
        "Conference on {0} draws {1} visitors",
        "Interview {1}: a developer of {0} speaks",
    ];

    private static readonly Dictionary<string, string> Names = new()
    {
        ["BTC"] = "Bitcoin",
        ["ETH"] = "Ethereum",
        ["SOL"] = "Solana",
    };

    /// <summary>Returns a newspaper's headlines of the last day, newest first.</summary>
    public static List<Story> Front(SandboxWorld world, string paper, Instant now)
    {
        var stories = new List<Story>();
        for (var back = 0; back < MostHours; back++)
        {
            var hour = now.Floor(Hour) - (Hour * back);
            // Stories of the wire appear in every newspaper, in the same words.
            foreach (var desk in new[] { "wire", paper })
                if (Write(world, desk, hour) is var story && story.At <= now)
                    stories.Add(story);
        }
        return stories;
    }

    private static Story Write(SandboxWorld world, string desk, Instant hour)
    {
        var dice = new Dice((long)Dice.Stream(desk), Dice.Stream("news"), hour.UnixMilliseconds / 3_600_000);
        var bases = world.Markets.Keys.Select(pair => pair.Base).Distinct().ToList();
        var @base = bases[dice.Below(bases.Count)];
        var at = hour + TimeSpan.FromSeconds(dice.Below(3_600));
        var mood = world.Signals.HeldAt("news_sentiment") ?? Mood(world, hour);
        var isNeutral = world.Signals.HeldAt("news_sentiment") is null && dice.Uniform() < 0.2;
        var isGood = dice.Uniform() < (1 + mood) / 2;
        var lines =
            isNeutral ? Neutral
            : isGood ? Good
            : Bad;
        var title = string.Format(
            System.Globalization.CultureInfo.InvariantCulture,
            lines[dice.Below(lines.Length)],
            Names.GetValueOrDefault(@base, $"${@base}"),
            2 + dice.Below(900)
        );
        return new(
            title,
            @base,
            at,
            isNeutral ? 0
                : isGood ? 1
                : -1
        );
    }

    /// <summary>
    /// Returns the mood of the leader's last day, from -1 after a fall of a tenth to 1 after a rise
    /// of a tenth.
    /// </summary>
    private static double Mood(SandboxWorld world, Instant hour)
    {
        var day = Perpetual.Last(world.Leader, hour, 25);
        return day.Count < 2 ? 0 : Math.Clamp(10 * Math.Log(day[^1].Close / day[0].Close), -1, 1);
    }

    /// <summary>A headline.</summary>
    internal sealed record Story(string Title, string Base, Instant At, int Tone);
}
