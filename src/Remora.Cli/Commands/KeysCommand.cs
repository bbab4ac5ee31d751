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
    private const int MostDays = 3660;
    private const int LongestUrl = 300; // a larger code does not fit into a terminal

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
            Description =
                $"What the key may do, repeatable: {string.Join(", ", KeyScopes.All)} [default: read everything; "
                + $"'pairs' alone adds to that]",
        };
        scopes.AcceptOnlyFromAmong([.. KeyScopes.All]);
        var days = new Option<int?>("--days") { Description = "Days until the key expires [default: never]" };
        days.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int?>() is < 1 or > MostDays)
                result.AddError($"--days: expected a whole number from 1 to {MostDays}");
        });
        var qr = new Option<bool>("--qr")
        {
            Description = "Also print a QR code that opens the page with this key on a phone",
        };
        var url = new Option<string?>("--url")
        {
            Description = "Address of the page for the QR code [default: the setting public_url]",
            HelpName = "URL",
        };
        return WithFile(
            new("add", "Creates a key and prints it once. Only its hash is stored.")
            {
                name,
                policy,
                side,
                perMinute,
                scopes,
                days,
                qr,
                url,
            },
            (parsed, settings) =>
            {
                if (parsed.GetValue(policy) is { } wanted && settings.Policies.All(known => known.Name != wanted))
                    return Terminal.Fail(
                        $"--policy '{wanted}' is unknown: expected one of "
                            + $"{string.Join(", ", settings.Policies.Select(known => known.Name))}",
                        ExitCode.Usage
                    );
                var page = parsed.GetValue(url) ?? settings.PublicUrl?.AbsoluteUri;
                if (parsed.GetValue(qr) && !IsAddress(page))
                    return Terminal.Fail(
                        page is null
                            ? "--qr needs the address of the page: add --url https://…, or set public_url"
                            : $"--url '{page}': expected an http:// or https:// address of at most {LongestUrl} "
                                + "characters",
                        ExitCode.Usage
                    );
                var secret = ApiKey.NewSecret();
                var now = Now();
                var key = new ApiKey(
                    parsed.GetValue(name)!,
                    ApiKey.HashOf(secret),
                    now,
                    parsed.GetValue(policy),
                    parsed.GetValue(side),
                    parsed.GetValue(perMinute),
                    parsed.GetValue(scopes) is { Length: > 0 } given ? [.. given.Distinct()] : null,
                    parsed.GetValue(days) is { } life ? now + TimeSpan.FromDays(life) : null
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
                Show(secret);
                if (parsed.GetValue(qr))
                    KeyCode.Print($"{page!.TrimEnd('/')}/#key={secret}");
                return ExitCode.Ok;
            }
        );
    }

    private static bool IsAddress(string? text) =>
        text?.Length <= LongestUrl
        && Uri.TryCreate(text, UriKind.Absolute, out var address)
        && (address.Scheme == Uri.UriSchemeHttp || address.Scheme == Uri.UriSchemeHttps)
        && address is { UserInfo: "", Query: "", Fragment: "" };

    private static Command List() =>
        WithFile(
            new("list", "Lists the names and settings of the keys."),
            (_, settings) =>
            {
                var table = new Table { Border = TableBorder.Rounded };
                table.AddColumns("name", "created", "expires", "last used", "policy", "side", "per minute", "scopes");
                var used = KeyUse.Read(settings.DataFolder);
                var now = TimeProvider.System.GetUtcNow();
                foreach (var key in new KeyFile(settings.DataFolder).Read())
                    table.AddRow(
                        key.Name,
                        key.Created.ToString(),
                        key.Expires is { } end ? (key.IsExpired(now) ? $"{end} (expired)" : end.ToString()) : "never",
                        used.TryGetValue(key.Hash, out var last) ? last.ToString() : "-",
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
                "Replaces a key by a new one with the same name, settings and lifetime, and prints it. The old key "
                    + "stops working."
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
                    key =>
                    {
                        var now = Now();
                        return key with
                        {
                            Hash = ApiKey.HashOf(secret),
                            Created = now,
                            Expires = key.Expires is { } end ? now + (end - key.Created) : null,
                        };
                    }
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
                return run(parsed, service.ReadWithoutKeys(parsed));
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
