namespace Remora.Client;

/// <summary>What to decide about an entry when the service does not answer.</summary>
public enum OnError
{
    /// <summary>Allow entries. The bot trades as it does without Remora.</summary>
    Allow,

    /// <summary>Block entries.</summary>
    Block,

    /// <summary>
    /// Use the last answer to the same question while it is younger than
    /// <see cref="RemoraClientOptions.LastFor"/>; then allow entries.
    /// </summary>
    Last,
}
