namespace Remora.Notify;

/// <summary>Sends messages to one receiver.</summary>
public interface INotifier : IDisposable
{
    /// <summary>Sends a message once. Does not throw, except when it is canceled.</summary>
    Task<Delivery> SendAsync(Message message, CancellationToken cancellation);
}

/// <summary>The result of one attempt.</summary>
/// <param name="IsAccepted">Whether the receiver accepted the message.</param>
/// <param name="CanRetry">Whether a later attempt can succeed.</param>
/// <param name="Detail">The result as text, without secrets.</param>
/// <param name="Wait">
/// How long the receiver requests to wait before the next attempt; null if it does not.
/// </param>
public sealed record Delivery(bool IsAccepted, bool CanRetry, string Detail, TimeSpan? Wait = null)
{
    internal static Delivery Accepted(string detail) => new(IsAccepted: true, CanRetry: false, detail);

    internal static Delivery Refused(string detail) => new(IsAccepted: false, CanRetry: false, detail);

    internal static Delivery Failed(string detail) => new(IsAccepted: false, CanRetry: true, detail);
}

/// <summary>What all notifiers share.</summary>
public sealed record NotifierOptions
{
    /// <summary>The timeout of one attempt.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The address of Telegram's Bot API.</summary>
    public Uri Telegram { get; init; } = new("https://api.telegram.org");

    /// <summary>The address of Discord.</summary>
    public Uri Discord { get; init; } = new("https://discord.com");

    /// <summary>The address of Slack's incoming webhooks.</summary>
    public Uri Slack { get; init; } = new("https://hooks.slack.com");

    /// <summary>The address of the public ntfy server.</summary>
    public Uri Ntfy { get; init; } = new("https://ntfy.sh");
}
