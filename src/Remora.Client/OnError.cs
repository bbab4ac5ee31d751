namespace Remora.Client;

/// <summary>What to do about an entry when the service has not answered.</summary>
public enum OnError
{
    /// <summary>Entries are allowed: the bot trades as if there were no Remora.</summary>
    Allow,

    /// <summary>Entries are blocked.</summary>
    Block,

    /// <summary>The last answer to the same question counts while it is younger than <see cref="RemoraClientOptions.LastFor"/>; then entries are allowed.</summary>
    Last,
}
