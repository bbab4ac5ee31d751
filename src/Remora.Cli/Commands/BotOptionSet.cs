using System.CommandLine;
using Remora.Bots.Freqtrade;

namespace Remora.Cli.Commands;

/// <summary>
/// Options that name Freqtrade bots, their user and the variable with the password.
/// </summary>
internal sealed class BotOptionSet
{
    private readonly Option<Uri[]> _bots;
    private readonly Option<string?> _user = new("--user") { Description = "User name of the bots' api_server" };

    private readonly Option<string> _password = new("--password-env")
    {
        Description = "Environment variable that contains the password",
        HelpName = "NAME",
        DefaultValueFactory = _ => "FREQTRADE_PASSWORD",
    };

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
    public IReadOnlyList<Option> All => [_bots, _user, _password];

    /// <summary>
    /// Returns the named bots. Returns an error in <paramref name="error"/> if bots are named
    /// without user or password.
    /// </summary>
    public IReadOnlyList<FreqtradeBot> Read(ParseResult parsed, out string? error)
    {
        error = null;
        if (parsed.GetValue(_bots) is not { Length: > 0 } bots)
            return [];
        var variable = parsed.GetValue(_password)!;
        if (parsed.GetValue(_user) is not { Length: > 0 } user)
            error = $"{_bots.Name} requires --user, the user name of the bot's api_server";
        else if (Environment.GetEnvironmentVariable(variable) is not { Length: > 0 } password)
            error =
                $"the environment variable {variable} is not set: set it to the password, or name another variable "
                + $"with --password-env";
        else
            return [.. bots.Select(bot => new FreqtradeBot(bot, user, password))];
        return [];
    }
}
