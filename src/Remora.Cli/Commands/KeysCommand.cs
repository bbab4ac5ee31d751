using System.CommandLine;
using System.Text.RegularExpressions;
using Remora.Markets;
using Remora.Risk;
using Remora.Server.Access;
using Remora.Server.Settings;
using Spectre.Console;

namespace Remora.Cli.Commands;

/// <summary>
/// <c>remora keys</c>: manages the keys of callers. A running service applies changes within a
/// second.
/// </summary>
internal static partial class KeysCommand
{
    public static Command Create() =>
        new("keys", "Creates, lists, revokes and rotates API keys. A running service applies changes within a second.")
        {
            Add(),
            List(),
            Revoke(),
            Rotate(),
        };

    private static Command Add()
    {
        var name = Name();
        var policy = new Option<string?>("--policy")
        {
            Description = "Policy for requests without a policy [default: the service's]",
        };
        var side = new Option<Side?>("--side") { Description = "Side for requests without a side [default: long]" };
        var perMinute = new Option<int?>("--per-minute")
        {
            Description = "Maximum requests per minute [default: the service's setting]",
        };
        perMinute.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int?>() is < 1 or > 1_000_000)
                result.AddError("--per-minute: expected a whole number from 1 to 1000000");
        });
        var scopes = new Option<string[]>("--scope")
        {
            Description = $"What the key may do besides reading, repeatable: {string.Join(", ", ApiKey.KnownScopes)}",
        };
        scopes.AcceptOnlyFromAmong([.. ApiKey.KnownScopes]);
        return WithFile(
            new("add", "Creates a key and prints it once. Only its hash is stored.")
            {
                name,
                policy,
                side,
                perMinute,
                scopes,
            },
            (parsed, settings) =>
            {
                if (parsed.GetValue(policy) is { } wanted && settings.Policies.All(known => known.Name != wanted))
                    return Terminal.Fail(
                        $"--policy '{wanted}' is unknown: expected one of "
                            + $"{string.Join(", ", settings.Policies.Select(known => known.Name))}",
                        ExitCode.Usage
                    );
                var secret = ApiKey.NewSecret();
                var key = new ApiKey(
                    parsed.GetValue(name)!,
                    ApiKey.HashOf(secret),
                    Now(),
                    parsed.GetValue(policy),
                    parsed.GetValue(side),
                    parsed.GetValue(perMinute),
                    parsed.GetValue(scopes) is { Length: > 0 } given ? [.. given.Distinct()] : null
                );
                var isTaken = false;
                new KeyFile(settings.DataFolder).Change(keys =>
                    (isTaken = keys.Any(other => other.Name == key.Name)) ? keys : [.. keys, key]
                );
                if (isTaken)
                    return Terminal.Fail(
                        $"the key '{key.Name}' already exists: rotate it, or choose another name",
                        ExitCode.Usage
                    );
                return Show(secret);
            }
        );
    }

    private static Command List() =>
        WithFile(
            new("list", "Lists the names and settings of the keys."),
            (_, settings) =>
            {
                var table = new Table { Border = TableBorder.Rounded };
                table.AddColumns("name", "created", "policy", "side", "per minute", "scopes");
                foreach (var key in new KeyFile(settings.DataFolder).Read())
                    table.AddRow(
                        key.Name,
                        key.Created.ToString(),
                        key.Policy ?? "-",
                        key.Side is { } side ? RemoraJson.NameOf(side) : "-",
                        key.PerMinute?.ToString() ?? "-",
                        key.Scopes is { } scopes ? string.Join(", ", scopes) : "-"
                    );
                Terminal.Data.Write(table);
                return ExitCode.Ok;
            }
        );

    private static Command Revoke()
    {
        var name = Name();
        return WithFile(
            new("revoke", "Revokes a key.") { name },
            (parsed, settings) =>
                Replace(settings, parsed.GetValue(name)!, _ => null) ? ExitCode.Ok : Unknown(parsed.GetValue(name)!)
        );
    }

    private static Command Rotate()
    {
        var name = Name();
        return WithFile(
            new(
                "rotate",
                "Replaces a key by a new one with the same name and settings, and prints it. The old key stops working."
            )
            {
                name,
            },
            (parsed, settings) =>
            {
                var secret = ApiKey.NewSecret();
                var isDone = Replace(
                    settings,
                    parsed.GetValue(name)!,
                    key => key with { Hash = ApiKey.HashOf(secret), Created = Now() }
                );
                return isDone ? Show(secret) : Unknown(parsed.GetValue(name)!);
            }
        );
    }

    private static bool Replace(ServiceSettings settings, string name, Func<ApiKey, ApiKey?> replace)
    {
        var isFound = false;
        new KeyFile(settings.DataFolder).Change(keys =>
        {
            isFound = keys.Any(key => key.Name == name);
            return [.. keys.Select(key => key.Name == name ? replace(key) : key).OfType<ApiKey>()];
        });
        return isFound;
    }

    /// <summary>
    /// Prints only the key to standard output, so that it can be piped, and advice to standard
    /// error.
    /// </summary>
    private static int Show(string secret)
    {
        Console.WriteLine(secret);
        Console.Error.WriteLine(
            "Store the key now: it is not shown again. Send it as 'Authorization: Bearer KEY', or set "
                + "REMORA_API_KEY for the clients."
        );
        return ExitCode.Ok;
    }

    private static int Unknown(string name) =>
        Terminal.Fail($"the key '{name}' does not exist: 'remora keys list' lists the keys", ExitCode.Usage);

    private static Instant Now() => Instant.From(TimeProvider.System.GetUtcNow()).Floor(TimeSpan.FromSeconds(1));

    private static Argument<string> Name()
    {
        var name = new Argument<string>("NAME") { Description = "Name of the key: the person or program that uses it" };
        name.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && !NamePattern().IsMatch(result.Tokens[0].Value))
                result.AddError("NAME: expected 1 to 40 letters, digits, dots, hyphens and underscores");
        });
        return name;
    }

    private static Command WithFile(Command command, Func<ParseResult, ServiceSettings, int> run)
    {
        var service = new ServiceOptionSet();
        foreach (var option in service.ForKeys)
            command.Options.Add(option);
        command.SetAction(parsed =>
        {
            try
            {
                return run(
                    parsed,
                    service.Read(
                        parsed,
                        new KeyValuePair<string, string>("host", "127.0.0.1"),
                        new KeyValuePair<string, string>("require-keys", "false")
                    )
                ); // keys may be missing at this point
            }
            catch (SettingsException e)
            {
                return Terminal.Fail(string.Join("; ", e.Errors), ExitCode.Usage);
            }
            catch (KeyFileException e)
            {
                return Terminal.Fail(e.Message, ExitCode.Unavailable);
            }
        });
        return command;
    }

    [GeneratedRegex("^[A-Za-z0-9._-]{1,40}$", RegexOptions.None, 1000)]
    private static partial Regex NamePattern();
}
