using System.CommandLine;
using Remora.Bots.Freqtrade;

namespace Remora.Cli.Commands;

/// <summary>
/// Options that name Freqtrade bots, their user and the variable with the password.
/// </summary>
internal sealed class BotOptionSet
{
    private readonly Option<Uri[]> _bots;
    private readonly BotLoginOptionSet _login = new();

    /// <param name="name">The option that names a bot.</param>
    /// <param name="description">What is done with the bots.</param>
    public BotOptionSet(string name, string description) =>
        _bots = new(name)
        {
            Description = description,
            HelpName = "URL",
            CustomParser = result =>
                [
                    .. result.Tokens.Select(token =>
                    {
                        if (
                            Uri.TryCreate(token.Value, UriKind.Absolute, out var url)
                            && url.Scheme is "http" or "https"
                            && url.UserInfo.Length == 0
                        )
                            return url;
                        result.AddError(
                            $"{name}: expected an address such as http://127.0.0.1:8080, without user and password"
                        );
                        return null!;
                    }),
                ],
        };

    /// <summary>All options of the set, for a command.</summary>
    public IReadOnlyList<Option> All => [_bots, .. _login.All];

    /// <summary>
    /// Returns the named bots. Returns an error in <paramref name="error"/> if bots are named
    /// without user or password.
    /// </summary>
    public IReadOnlyList<FreqtradeBot> Read(ParseResult parsed, out string? error)
    {
        error = null;
        if (parsed.GetValue(_bots) is not { Length: > 0 } bots)
            return [];
        return _login.TryRead(parsed, _bots.Name, out var user, out var password, out error)
            ? [.. bots.Select(bot => new FreqtradeBot(bot, user, password))]
            : [];
    }
}

/// <summary>Options with the user of bots and the variable that contains the password.</summary>
internal sealed class BotLoginOptionSet
{
    private readonly Option<string?> _user = new("--user") { Description = "User name of the bots' api_server" };

    private readonly Option<string> _password = new("--password-env")
    {
        Description = "Environment variable that contains the password",
        HelpName = "NAME",
        DefaultValueFactory = _ => "FREQTRADE_PASSWORD",
    };

    /// <summary>All options of the set, for a command.</summary>
    public IReadOnlyList<Option> All => [_user, _password];

    /// <summary>Returns the user and the password, or the error that one is missing.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="requiring">What requires them.</param>
    /// <param name="user">The user.</param>
    /// <param name="password">The password.</param>
    /// <param name="error">What is missing; null if nothing is.</param>
    public bool TryRead(ParseResult parsed, string requiring, out string user, out string password, out string? error)
    {
        var variable = parsed.GetValue(_password)!;
        user = parsed.GetValue(_user) ?? "";
        password = Environment.GetEnvironmentVariable(variable) ?? "";
        error =
            user.Length == 0 ? $"{requiring} requires --user, the user name of the bot's api_server"
            : password.Length == 0
                ? $"the environment variable {variable} is not set: set it to the password, or name another variable "
                    + $"with --password-env"
            : null;
        return error is null;
    }
}
