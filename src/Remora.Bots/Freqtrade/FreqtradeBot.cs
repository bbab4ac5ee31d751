namespace Remora.Bots.Freqtrade;

/// <summary>A Freqtrade bot whose pairs are locked while they are unsafe.</summary>
/// <param name="Url">Where its REST interface is: <c>http://bot:8080</c>.</param>
/// <param name="User">The user of its <c>api_server</c>.</param>
/// <param name="Password">The password.</param>
public sealed record FreqtradeBot(Uri Url, string User, string Password)
{
    /// <summary>How long a lock holds unless it is renewed; it is at half of that. Freqtrade rounds the end up to that of a candle.</summary>
    public TimeSpan LockFor { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>How often the bot is looked at while nothing changes, for it may have restarted, or someone may have deleted a lock.</summary>
    public TimeSpan CheckEvery { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>For one request.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Its address; never the password.</summary>
    public override string ToString() => Url.GetLeftPart(UriPartial.Path).TrimEnd('/');
}

/// <summary>A lock as the bot has it.</summary>
/// <param name="Id">The bot's id of it.</param>
/// <param name="Pair">The bot's name of the pair.</param>
/// <param name="Side"><c>long</c>, <c>short</c> or <c>*</c>.</param>
/// <param name="Until">When it ends.</param>
/// <param name="Reason">Why; what Remora placed begins with <see cref="Mark"/>.</param>
internal sealed record BotLock(long Id, string Pair, string Side, DateTimeOffset Until, string Reason)
{
    public const string Mark = "remora:";

    public bool IsOurs => Reason.StartsWith(Mark, StringComparison.Ordinal);
}

/// <summary>A lock that there should be.</summary>
internal sealed record WantedLock(string Pair, string Side, string Reason);

/// <summary>The bot did not do what it was asked to.</summary>
internal sealed class FreqtradeException(string message, Exception? inner = null) : Exception(message, inner);
