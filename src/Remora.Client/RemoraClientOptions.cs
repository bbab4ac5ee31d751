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
    /// The service's address, or several separated by commas: the next one is used when one does
    /// not answer. Null uses the variable <c>REMORA_URL</c>, or else <see cref="DefaultUrl"/>.
    /// </summary>
    public string? Url { get; set; }

    /// <summary>The same as a list, instead of <see cref="Url"/>; empty for none.</summary>
    public IList<string> Urls { get; } = [];

    /// <summary>
    /// The API key, if the service requires one; null uses the variable <c>REMORA_API_KEY</c>.
    /// </summary>
    public string? ApiKey { get; set; }

    /// <summary>What to decide when there is no answer.</summary>
    public OnError OnError { get; set; } = OnError.Allow;

    /// <summary>
    /// The timeout of one call as a whole, from the connection to the last byte: above 0, at most
    /// one hour. With several addresses, each one that is left has an equal share of the time that
    /// is left.
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

    internal IReadOnlyList<Uri> Addresses =>
        Urls.Count > 0
            ? ServiceAddresses.Parse(Urls)
            : ServiceAddresses.Parse(Url ?? Variable("REMORA_URL") ?? DefaultUrl);

    internal string? Key => ApiKey ?? Variable("REMORA_API_KEY");

    /// <summary>Returns all errors in the options; empty when they are valid.</summary>
    public IReadOnlyList<string> Check()
    {
        var errors = new List<string>();
        if (Url is not null && Urls.Count > 0)
            errors.Add("Url and Urls: expected only one of them");
        try
        {
            _ = Addresses;
        }
        catch (FormatException e)
        {
            errors.Add($"{(Urls.Count > 0 ? nameof(Urls) : nameof(Url))}: {e.Message} (a key goes into ApiKey)");
        }
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

    private static string? Variable(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}

/// <summary>Validates the options when the host starts.</summary>
internal sealed class RemoraClientOptionsCheck : IValidateOptions<RemoraClientOptions>
{
    public ValidateOptionsResult Validate(string? name, RemoraClientOptions options) =>
        options.Check() is { Count: > 0 } errors ? ValidateOptionsResult.Fail(errors) : ValidateOptionsResult.Success;
}
