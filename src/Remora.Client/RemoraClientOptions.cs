using Microsoft.Extensions.Options;

namespace Remora.Client;

/// <summary>
/// The options of <see cref="RemoraClient"/>: the service's address and the behavior without it.
/// </summary>
public sealed class RemoraClientOptions
{
    /// <summary>The default address.</summary>
    public const string DefaultUrl = "http://127.0.0.1:8000";

    /// <summary>
    /// The service's address; null uses the variable <c>REMORA_URL</c>, or else
    /// <see cref="DefaultUrl"/>.
    /// </summary>
    public string? Url { get; set; }

    /// <summary>
    /// The API key, if the service requires one; null uses the variable <c>REMORA_API_KEY</c>.
    /// </summary>
    public string? ApiKey { get; set; }

    /// <summary>What to decide when there is no answer.</summary>
    public OnError OnError { get; set; } = OnError.Allow;

    /// <summary>
    /// The timeout of one request as a whole, from the connection to the last byte: above 0, at
    /// most one hour.
    /// </summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How long an answer is cached; 0 disables the cache.</summary>
    public TimeSpan CacheFor { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long the client sends no requests after a failure. A longer <c>Retry-After</c> of the
    /// service applies, up to five minutes.
    /// </summary>
    public TimeSpan BreakerPeriod { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the last answer is used with <see cref="OnError.Last"/>.</summary>
    public TimeSpan LastFor { get; set; } = TimeSpan.FromMinutes(15);

    internal Uri Address => AddressOf(Url) ?? throw new ArgumentException(BadUrl, nameof(Url));

    internal string? Key => ApiKey ?? Variable("REMORA_API_KEY");

    // Not echoed, because it may be a key entered by mistake.
    private const string BadUrl = "Url: expected an address such as http://127.0.0.1:8000 (a key goes into ApiKey)";

    /// <summary>Returns all errors in the options; empty when they are valid.</summary>
    public IReadOnlyList<string> Check()
    {
        var errors = new List<string>();
        if (AddressOf(Url) is null)
            errors.Add(BadUrl);
        if (Key is { } key && !key.All(c => c is > ' ' and < '\x7f'))
            errors.Add("ApiKey: expected printable ASCII characters without spaces");
        if (!Enum.IsDefined(OnError))
            errors.Add($"OnError: expected {string.Join(", ", Enum.GetNames<OnError>())}");
        if (Timeout <= TimeSpan.Zero || Timeout > TimeSpan.FromHours(1))
            errors.Add($"Timeout is {Timeout}: expected above 0, at most 1 hour");
        foreach (
            var (name, value) in new[]
            {
                (nameof(CacheFor), CacheFor),
                (nameof(BreakerPeriod), BreakerPeriod),
                (nameof(LastFor), LastFor),
            }
        )
            if (value < TimeSpan.Zero || value > TimeSpan.FromDays(1))
                errors.Add($"{name} is {value}: expected 0 to 1 day");
        return errors;
    }

    private static Uri? AddressOf(string? url)
    {
        url ??= Variable("REMORA_URL") ?? DefaultUrl;
        var isUsable =
            Uri.TryCreate(url.TrimEnd('/') + "/", UriKind.Absolute, out var address)
            && address.Scheme is "http" or "https"
            && address.UserInfo.Length == 0
            && address.Query.Length == 0
            && address.Fragment.Length == 0;
        return isUsable ? address : null;
    }

    private static string? Variable(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}

/// <summary>Validates the options when the host starts.</summary>
internal sealed class RemoraClientOptionsCheck : IValidateOptions<RemoraClientOptions>
{
    public ValidateOptionsResult Validate(string? name, RemoraClientOptions options) =>
        options.Check() is { Count: > 0 } errors ? ValidateOptionsResult.Fail(errors) : ValidateOptionsResult.Success;
}
