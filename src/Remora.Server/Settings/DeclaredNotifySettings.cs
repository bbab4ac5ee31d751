using Remora.Notify;
using Remora.Risk;
using Kind = Remora.Server.Settings.SettingKinds;

namespace Remora.Server.Settings;

/// <summary>The declarations of the settings of messages to people.</summary>
internal static class DeclaredNotifySettings
{
    private const int MinutesOfDay = 24 * 60;
    private const string See = "[notifications](notifications.md)";
    private const string BookSee = "[the book of the bot](freqtrade.md#the-book-of-the-bot)";
    private static readonly SettingDeclarer<ServiceSettings> Declare = new(new());

    public static IReadOnlyList<Setting<ServiceSettings>> All { get; } =
    [
        Declare.Many(
            "notify_events",
            Kind.Text(
                "block, all_clear, trouble, book, decisions, or several of them",
                "EVENTS",
                NotifySettings.AllEvents.Contains
            ),
            s => s.Notify.Events,
            (s, v) => s with { Notify = s.Notify with { Events = v } },
            $"What is sent to the notifiers in {NotifySettings.Variable}",
            ListRule.NotEmpty | ListRule.Distinct
        ) with
        {
            See = See,
        },
        Declare.One(
            "book_limit",
            Kind.Number(0.0001, 1, "a ratio", "RATIO"),
            s => s.BookLimit,
            (s, v) => s with { BookLimit = v },
            "Highest value at risk at 95 % in 24 h of the open trades of each followed bot, a ratio of its balance: "
                + "a message is sent when they pass it",
            "none"
        ) with
        {
            See = BookSee,
        },
        Declare.One(
            "liquidation_chance",
            Kind.Number(0.0001, 1, "a ratio", "RATIO"),
            s => s.LiquidationChance,
            (s, v) => s with { LiquidationChance = v },
            "Chance of a liquidation within 24 h of a trade of a followed bot above which a message is sent"
        ) with
        {
            See = BookSee,
        },
        Declare.Many(
            "notify_pairs",
            Kind.Pairs,
            s => s.Notify.Pairs,
            (s, v) => s with { Notify = s.Notify with { Pairs = v } },
            "Pairs whose blocks are sent",
            ListRule.NotEmpty | ListRule.Distinct,
            "all"
        ),
        Declare.One(
            "notify_side",
            Kind.OneOf("SIDE", ("long", Side.Long), ("short", Side.Short)),
            s => RemoraJson.NameOf(s.Notify.Side),
            (s, v) => s with { Notify = s.Notify with { Side = v } },
            "Side of the trade whose blocks are sent"
        ),
        Declare.One(
            "notify_per_hour",
            Kind.Whole(1, 1000),
            s => s.Notify.PerHour,
            (s, v) => s with { Notify = s.Notify with { PerHour = v } },
            "Maximum messages per hour to each receiver; what exceeds it waits and becomes one message"
        ),
        Declare.One(
            "notify_digest",
            Kind.Number(0, MinutesOfDay, "minutes", "MINUTES"),
            s => s.Notify.DigestInterval.TotalMinutes,
            (s, v) => s with { Notify = s.Notify with { DigestInterval = TimeSpan.FromMinutes(v) } },
            "Time over which messages are collected into one"
        ),
        Declare.One(
            "notify_quiet",
            QuietKind,
            s => s.Notify.Quiet,
            (s, v) => s with { Notify = s.Notify with { Quiet = v } },
            "Hours of each day without messages; they arrive as one message afterwards"
        ),
        Declare.One(
            "notify_time_zone",
            Kind.Text("an IANA time zone such as Europe/Berlin", "ZONE", IsZone),
            s => s.Notify.TimeZone,
            (s, v) => s with { Notify = s.Notify with { TimeZone = v } },
            "Time zone of these hours and of times in messages"
        ),
        Declare.One(
            "public_url",
            Kind.WebAddress,
            s => s.PublicUrl,
            (s, v) => s with { PublicUrl = v },
            "Address of the service in links of messages",
            "host and port"
        ),
        Declare.One(
            "heartbeat_url",
            Kind.WebAddress,
            s => s.HeartbeatUrl,
            (s, v) => s with { HeartbeatUrl = v },
            "Address that is called each minute while all is well, for example of healthchecks.io or Uptime Kuma"
        ) with
        {
            See = "[heartbeat](notifications.md#heartbeat)",
        },
    ];

    private static SettingKind<QuietHours> QuietKind =>
        new(
            "a time span such as 22:00-07:00",
            "HOURS",
            (string text, out QuietHours value) =>
            {
                var isValid = QuietHours.TryParse(text, out var hours);
                value = hours.GetValueOrDefault();
                return isValid;
            }
        );

    private static bool IsZone(string text) => text.Length > 0 && TimeZoneInfo.TryFindSystemTimeZoneById(text, out _);
}
