namespace Remora.Notify;

/// <summary>When messages are sent.</summary>
public sealed record NotifyOptions
{
    /// <summary>
    /// How long to wait for further notices after the first one. What reverses within this time is
    /// not sent.
    /// </summary>
    public TimeSpan Gather { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long notices are collected into one message; zero to send them at once.
    /// </summary>
    public TimeSpan DigestInterval { get; init; }

    /// <summary>
    /// The maximum number of messages per hour to each receiver. Further notices wait and become
    /// one message.
    /// </summary>
    public int PerHour { get; init; } = 12;

    /// <summary>
    /// The hours without messages; null for none. Notices of these hours become one message.
    /// </summary>
    public QuietHours? Quiet { get; init; }

    /// <summary>The time zone of the quiet hours and of times in messages.</summary>
    public TimeZoneInfo Zone { get; init; } = TimeZoneInfo.Utc;

    /// <summary>The page for messages about several subjects; null for none.</summary>
    public Uri? Link { get; init; }

    /// <summary>The options of the notifiers.</summary>
    public NotifierOptions Notifiers { get; init; } = new();
}
