using System.Text.Json.Serialization;
using Remora.Markets;
using Remora.Notify;
using Remora.Risk;

namespace Remora.Server.Settings;

/// <summary>The settings of messages to people.</summary>
public sealed record NotifySettings
{
    /// <summary>
    /// The variable with the URLs of notifiers. It is not a setting: URLs are secrets.
    /// </summary>
    public const string Variable = SettingsReader.Prefix + "NOTIFY_URLS";

    /// <summary>The key of that variable without its prefix.</summary>
    internal const string Key = "notify_urls";

    internal static IReadOnlyList<string> AllEvents { get; } = ["block", "all_clear", "trouble", "book", "decisions"];

    /// <summary>Where messages are sent; empty for none.</summary>
    [JsonIgnore]
    public IReadOnlyList<NotifierAddress> Addresses { get; init; } = [];

    /// <summary>
    /// What is sent: <c>block</c>, <c>all_clear</c>, <c>trouble</c>, <c>book</c>,
    /// <c>decisions</c>.
    /// </summary>
    public IReadOnlyList<string> Events { get; init; } = AllEvents;

    /// <summary>The pairs whose blocks are sent; null for all.</summary>
    public IReadOnlyList<Pair>? Pairs { get; init; }

    /// <summary>The side whose blocks are sent.</summary>
    public Side Side { get; init; }

    /// <summary>The maximum number of messages per hour to each receiver.</summary>
    public int PerHour { get; init; } = new NotifyOptions().PerHour;

    /// <summary>How long messages are collected into one; zero to send them at once.</summary>
    public TimeSpan DigestInterval { get; init; }

    /// <summary>The hours without messages; null for none.</summary>
    public QuietHours? Quiet { get; init; }

    /// <summary>The IANA name of the time zone of the quiet hours.</summary>
    public string TimeZone { get; init; } = "UTC";

    internal bool Sends(string kind) => Events.Contains(kind);
}
