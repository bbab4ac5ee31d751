namespace Remora.Notify;

/// <summary>The state of a notifier.</summary>
public enum NotifierState
{
    /// <summary>No message has been sent yet.</summary>
    Starting,

    /// <summary>The receiver accepted the last message.</summary>
    Healthy,

    /// <summary>The receiver cannot be reached. The message is sent again.</summary>
    Retrying,

    /// <summary>The receiver refused the last message, which is dropped.</summary>
    Refused,
}

/// <summary>The health of a notifier. Contains no secrets.</summary>
/// <param name="Name">The kind, with a number if there are several: <c>telegram 2</c>.</param>
/// <param name="State">The state.</param>
/// <param name="Waiting">Notices that wait for the next message.</param>
/// <param name="Delivered">Messages that the receiver accepted.</param>
/// <param name="Refused">Messages that it refused.</param>
/// <param name="Dropped">Notices that were dropped because too many waited, or they were a day
/// old.</param>
/// <param name="ConsecutiveFailures">Failed attempts since the last accepted message.</param>
/// <param name="LastError">The last error; null for none.</param>
/// <param name="LastErrorAt">The time of the last error; null for none.</param>
/// <param name="LastDelivery">The time of the last accepted message; null for none.</param>
public sealed record NotifierHealth(
    string Name,
    NotifierState State,
    int Waiting,
    long Delivered,
    long Refused,
    long Dropped,
    int ConsecutiveFailures,
    string? LastError,
    DateTimeOffset? LastErrorAt,
    DateTimeOffset? LastDelivery
);
