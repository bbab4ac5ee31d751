using System.CommandLine;
using Remora.Client;

namespace Remora.Cli.Commands;

/// <summary>
/// Which running service a command asks, and with which key. Every command that talks to a service
/// has these options.
/// </summary>
internal sealed class RunningServiceOptionSet
{
    /// <summary>The environment variable with the address.</summary>
    public const string UrlVariable = "REMORA_URL";

    /// <summary>The environment variable with the key.</summary>
    public const string KeyVariable = "REMORA_API_KEY";

    private const int LongestKey = 512;
    private readonly Option<Uri?> _url;

    private readonly Option<string?> _key = new("--key")
    {
        Description = "The service's key, where it asks for one. Others on this machine can see a command line: " +
            $"prefer {KeyVariable} or --key-file",
        HelpName = "KEY",
    };

    private readonly Option<string?> _keyFile = new("--key-file")
    {
        Description = $"File that contains the key; the variable {KeyVariable} without it",
        HelpName = "FILE",
    };

    /// <param name="otherwise">The address without <c>--url</c> and <c>REMORA_URL</c>, for the help.</param>
    public RunningServiceOptionSet(string otherwise = RemoraClientOptions.DefaultUrl)
        : this(Options.Address("--url", $"Address of the service; {UrlVariable} without it, or else {otherwise}"))
    {
    }

    private RunningServiceOptionSet(Option<Uri?> url) => _url = url;

    /// <summary>For a command that asks a service only where <c>--url</c> is given.</summary>
    public static RunningServiceOptionSet Optional(string description) => new(Options.Address("--url", description));

    /// <summary>The option with the address.</summary>
    public Option Url => _url;

    /// <summary>All of them, to be added to a command.</summary>
    public IReadOnlyList<Option> All => [_url, _key, _keyFile];

    public void AddTo(Command command)
    {
        foreach (var option in All) command.Options.Add(option);
        command.Validators.Add(result =>
        {
            if (result.GetValue(_key) is not null && result.GetValue(_keyFile) is not null)
                result.AddError("--key and --key-file: give one of them");
        });
    }

    /// <summary>The address: <c>--url</c>, else <c>REMORA_URL</c>, else <paramref name="otherwise"/>.</summary>
    /// <exception cref="ServiceException">The variable is not an address.</exception>
    public Uri UrlOf(ParseResult parsed, string otherwise = RemoraClientOptions.DefaultUrl)
    {
        if (parsed.GetValue(_url) is { } given) return given;
        if (Variable(UrlVariable) is not { } text) return new(otherwise);
        return Options.TryReadAddress(text, out var address)
            ? address
            : throw new ServiceException($"the variable {UrlVariable}: {Options.NotAnAddress}", ExitCode.Usage);
    }

    /// <summary>
    /// The key: <c>--key</c>, else <c>--key-file</c>, else <c>REMORA_API_KEY</c>; null for none. No
    /// message contains it.
    /// </summary>
    /// <exception cref="ServiceException">The file cannot be read, or what was given cannot be a key.</exception>
    public string? KeyOf(ParseResult parsed)
    {
        var (key, origin) = parsed.GetValue(_key) is { } given ? (given, "--key")
            : parsed.GetValue(_keyFile) is { } file ? (Read(file), $"--key-file {file}")
            : (Variable(KeyVariable), $"the variable {KeyVariable}");
        if (key is null) return null;
        if (key.Length is > 0 and <= LongestKey && key.All(c => c is > ' ' and < '\x7f')) return key;
        throw new ServiceException(
            $"{origin}: expected a key of up to {LongestKey} printable ASCII characters without spaces",
            ExitCode.Usage);
    }

    /// <summary>A client of the service.</summary>
    /// <exception cref="ServiceException">Address or key cannot be used.</exception>
    public ServiceConnection Connect(ParseResult parsed, string otherwise = RemoraClientOptions.DefaultUrl) =>
        new(UrlOf(parsed, otherwise), KeyOf(parsed));

    private static string Read(string file)
    {
        try
        {
            using var reader = new StreamReader(file);
            var text = new char[LongestKey * 2];
            return new string(text, 0, reader.ReadBlock(text)).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new ServiceException($"--key-file {file}: {e.Message}", ExitCode.Usage);
        }
    }

    private static string? Variable(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
