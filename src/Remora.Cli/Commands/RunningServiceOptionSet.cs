using System.CommandLine;
using Remora.Client;

namespace Remora.Cli.Commands;

/// <summary>
/// The address and the key of a running service: the options of every command that sends requests
/// to one.
/// </summary>
internal sealed class RunningServiceOptionSet
{
    /// <summary>The environment variable for the address.</summary>
    public const string UrlVariable = "REMORA_URL";

    /// <summary>The environment variable for the key.</summary>
    public const string KeyVariable = "REMORA_API_KEY";

    private const int LongestKey = 512;
    private readonly Option<IReadOnlyList<Uri>?> _url;

    private readonly Option<string?> _key = new("--key")
    {
        Description =
            "API key, if the service requires one. Other users of this machine can read command lines: "
            + $"prefer {KeyVariable} or --key-file",
        HelpName = "KEY",
    };

    private readonly Option<string?> _keyFile = new("--key-file")
    {
        Description = $"File that contains the key [default: the variable {KeyVariable}]",
        HelpName = "FILE",
    };

    private readonly bool _takesSeveral;

    /// <param name="otherwise">
    /// The address without <c>--url</c> and <c>REMORA_URL</c>, for the help.
    /// </param>
    /// <param name="takesSeveral">
    /// Whether the command may use any of several services. One that changes or examines a service
    /// takes one.
    /// </param>
    public RunningServiceOptionSet(string otherwise = RemoraClientOptions.DefaultUrl, bool takesSeveral = true)
        : this(
            takesSeveral,
            takesSeveral
                ? "Address of the service, or several separated by commas: the next one is used when one does not "
                    + $"answer [default: the variable {UrlVariable}, or {otherwise}]"
                : $"Address of the service [default: the variable {UrlVariable}, or {otherwise}]"
        ) { }

    private RunningServiceOptionSet(bool takesSeveral, string description)
    {
        _takesSeveral = takesSeveral;
        _url = new("--url")
        {
            Description = description,
            HelpName = "URL",
            CustomParser = result =>
            {
                try
                {
                    return Parse(result.Tokens[0].Value);
                }
                catch (FormatException e)
                {
                    result.AddError($"--url: {e.Message}");
                    return null;
                }
            },
        };
    }

    /// <summary>Creates options for a command that uses a service only with <c>--url</c>.</summary>
    public static RunningServiceOptionSet Optional(string description) => new(takesSeveral: true, description);

    /// <summary>The option for the address.</summary>
    public Option Url => _url;

    /// <summary>All options of the set, for a command.</summary>
    public IReadOnlyList<Option> All => [_url, _key, _keyFile];

    public void AddTo(Command command)
    {
        foreach (var option in All)
            command.Options.Add(option);
        command.Validators.Add(result =>
        {
            if (result.GetValue(_key) is not null && result.GetValue(_keyFile) is not null)
                result.AddError("use either --key or --key-file, not both");
        });
    }

    /// <summary>
    /// Returns the addresses: <c>--url</c>, else <c>REMORA_URL</c>, else
    /// <paramref name="otherwise"/>.
    /// </summary>
    /// <exception cref="ServiceException">The variable is not an address.</exception>
    public IReadOnlyList<Uri> UrlsOf(ParseResult parsed, string otherwise = RemoraClientOptions.DefaultUrl)
    {
        if (parsed.GetValue(_url) is { } given)
            return given;
        try
        {
            return Parse(Variable(UrlVariable) ?? otherwise);
        }
        catch (FormatException e)
        {
            throw new ServiceException($"the variable {UrlVariable}: {e.Message}", ExitCode.Usage);
        }
    }

    /// <summary>The addresses as text.</summary>
    /// <exception cref="ServiceException">The variable is not an address.</exception>
    public string NamesOf(ParseResult parsed, string otherwise = RemoraClientOptions.DefaultUrl) =>
        string.Join(", ", UrlsOf(parsed, otherwise));

    /// <summary>
    /// Returns the key: <c>--key</c>, else <c>--key-file</c>, else <c>REMORA_API_KEY</c>; null for
    /// none. No message contains it.
    /// </summary>
    /// <exception cref="ServiceException">
    /// The file cannot be read, or the value cannot be a key.
    /// </exception>
    public string? KeyOf(ParseResult parsed)
    {
        var (key, origin) =
            parsed.GetValue(_key) is { } given ? (given, "--key")
            : parsed.GetValue(_keyFile) is { } file ? (Read(file), $"--key-file {file}")
            : (Variable(KeyVariable), $"the variable {KeyVariable}");
        if (key is null)
            return null;
        if (key.Length is > 0 and <= LongestKey && key.All(c => c is > ' ' and < '\x7f'))
            return key;
        throw new ServiceException(
            $"{origin}: expected a key of up to {LongestKey} printable ASCII characters without spaces",
            ExitCode.Usage
        );
    }

    /// <summary>Creates a client of the service.</summary>
    /// <exception cref="ServiceException">The address or the key is invalid.</exception>
    public ServiceConnection Connect(ParseResult parsed, string otherwise = RemoraClientOptions.DefaultUrl) =>
        new(UrlsOf(parsed, otherwise), KeyOf(parsed));

    private IReadOnlyList<Uri> Parse(string text)
    {
        var addresses = ServiceAddresses.Parse(text);
        return _takesSeveral || addresses.Count == 1
            ? addresses
            : throw new FormatException(
                $"{addresses.Count} addresses: this command concerns one service, name it with --url"
            );
    }

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
