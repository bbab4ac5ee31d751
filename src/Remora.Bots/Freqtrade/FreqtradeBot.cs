namespace Remora.Bots.Freqtrade;

/// <summary>
/// A Freqtrade bot whose pairs are locked while entries are blocked, or whose whitelist is
/// followed.
/// </summary>
/// <param name="Url">
/// The URL of the bot's REST interface, for example <c>http://bot:8080</c>.
/// </param>
/// <param name="User">The user name of the bot's <c>api_server</c>.</param>
/// <param name="Password">The password of that user.</param>
public sealed record FreqtradeBot(Uri Url, string User, string Password)
{
    /// <summary>Whether its pairs are locked while entries are blocked.</summary>
    public bool Lock { get; init; } = true;

    /// <summary>Whether the pairs of its whitelist are tracked.</summary>
    public bool Follow { get; init; }

    /// <summary>How often the whitelist is read while it is followed.</summary>
    public TimeSpan FollowEvery { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// How long a lock lasts unless it is renewed. The lock is renewed after half of this time.
    /// Freqtrade rounds the end of a lock up to the end of a candle.
    /// </summary>
    public TimeSpan LockFor { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>
    /// How often the bot's locks are checked while the verdicts do not change. The bot may have
    /// restarted, or someone may have deleted a lock.
    /// </summary>
    public TimeSpan CheckEvery { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>The timeout of one request.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Returns the bot's address without the password.</summary>
    public override string ToString() => Url.GetLeftPart(UriPartial.Path).TrimEnd('/');
}

/// <summary>A lock in the bot.</summary>
/// <param name="Id">The bot's id of the lock.</param>
/// <param name="Pair">The bot's name of the pair.</param>
/// <param name="Side"><c>long</c>, <c>short</c> or <c>*</c>.</param>
/// <param name="Until">When the lock ends.</param>
/// <param name="Reason">
/// Why the pair is locked. The reason of a lock that Remora placed begins with <see cref="Mark"/>.
/// </param>
internal sealed record BotLock(long Id, string Pair, string Side, DateTimeOffset Until, string Reason)
{
    public const string Mark = "remora:";

    public bool IsOurs => Reason.StartsWith(Mark, StringComparison.Ordinal);
}

/// <summary>A lock that the bot should have.</summary>
internal sealed record WantedLock(string Pair, string Side, string Reason);

/// <summary>The bot refused a request or did not answer it.</summary>
public sealed class FreqtradeException(string message, Exception? inner = null) : Exception(message, inner);
