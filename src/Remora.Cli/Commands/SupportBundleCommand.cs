using System.CommandLine;
using System.ComponentModel;
using System.Diagnostics;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Remora.Server.Settings;

namespace Remora.Cli.Commands;

/// <summary>
/// <c>remora support-bundle</c>: collects diagnostics for support in one file, without secrets.
/// </summary>
internal static class SupportBundleCommand
{
    private const int LogLines = 2000;
    private const int ShortestSecret = 4; // shorter values would mark parts of words
    private static readonly string[] Answers =
    [
        "/api/v1/status",
        "/api/v1/sources",
        "/api/v1/pairs",
        "/api/v1/risk",
        "/api/v1/store",
        "/api/v1/store/tables",
        "/metrics",
    ];

    public static Command Create()
    {
        var service = new ServiceOptionSet();
        var running = new RunningServiceOptionSet("this machine at the settings' port", takesSeveral: false);
        var to = new Option<string>("--to")
        {
            Description = "Zip file to write",
            DefaultValueFactory = _ => "remora-support.zip",
            HelpName = "FILE",
        };
        var log = new Option<string?>("--log")
        {
            Description =
                $"Log file of the service; its last {LogLines} lines are included [default: log_file of the settings, "
                + "or the journal of the unit remora]",
            HelpName = "FILE",
        };
        var command = new Command(
            "support-bundle",
            "Collects versions, settings, results of doctor, status, store, metrics and log lines in a zip file, "
                + "without secrets."
        )
        {
            to,
            log,
        };
        foreach (var option in service.All)
            command.Options.Add(option);
        running.AddTo(command);
        command.SetAction(
            async (parsed, cancellation) =>
            {
                try
                {
                    var (findings, settings) = await DoctorCommand.ExamineAsync(
                        service,
                        running,
                        parsed,
                        live: false,
                        cancellation
                    );
                    var entries = new Dictionary<string, string>
                    {
                        ["doctor.txt"] = string.Concat(
                            findings.Select(f => $"{StateOf(f.Good)}\t{f.Subject}\t{f.Text}\n")
                        ),
                        ["versions.txt"] = Versions(),
                    };
                    if (settings is not null)
                    {
                        entries["settings.json"] = Settings(settings);
                        using var connection = running.Connect(parsed, DoctorCommand.UrlOf(settings));
                        foreach (var path in Answers)
                        {
                            var name =
                                path["/".Length..].Replace("api/v1/", "").Replace('/', '-')
                                + (path == "/metrics" ? ".txt" : ".json");
                            entries[name] = await AskAsync(connection, path, cancellation);
                        }
                    }
                    entries["log.txt"] = parsed.GetValue(log) is { } file
                        ? Lines([file])
                        : await LogAsync(settings, cancellation);
                    Write(
                        parsed.GetValue(to)!,
                        entries,
                        SecretsOf(service.ConfigFile(parsed, ServiceOptionSet.Variables()))
                    );
                    Console.Error.WriteLine(
                        $"wrote {parsed.GetValue(to)}: {string.Join(", ", entries.Keys.Order())}. Review it before "
                            + $"you send it."
                    );
                    return ExitCode.Ok;
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    return Terminal.Fail(e.Message, ExitCode.Usage);
                }
                catch (ServiceException e)
                {
                    return Terminal.Fail(e.Message, e.ExitCode);
                }
            }
        );
        return command;
    }

    /// <summary>
    /// Returns the settings without secrets: keys of sources, passwords of bots, and addresses of
    /// webhooks, of notifiers and of the heartbeat, whose paths often serve as passwords.
    /// </summary>
    private static string Settings(ServiceSettings settings)
    {
        var json = JsonSerializer
            .SerializeToNode(
                settings with
                {
                    Keys = new(),
                    Freqtrade = [],
                    Webhooks = [],
                    HeartbeatUrl = null,
                },
                CliJson.Indented.ServiceSettings
            )!
            .AsObject();
        json.Remove("keys");
        json["freqtrade"] = new JsonArray([.. settings.Freqtrade.Select(bot => JsonValue.Create(bot.Url.Host))]);
        json["heartbeat_url"] = settings.HeartbeatUrl?.Host;
        json["notify"]!["notifiers"] = new JsonArray([
            .. settings.Notify.Addresses.Select(address => JsonValue.Create(address.Kind)),
        ]);
        json["webhooks"] = new JsonArray([.. settings.Webhooks.Select(webhook => JsonValue.Create(webhook.Url.Host))]);
        return json.ToJsonString(CliJson.Indented.Options);
    }

    private static string Lines(IEnumerable<string> files) =>
        string.Concat(files.SelectMany(LinesOf).TakeLast(LogLines).Select(line => line + "\n"));

    private static IEnumerable<string> LinesOf(string path)
    {
        // The service has the file open for writing
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(file);
        while (reader.ReadLine() is { } line)
            yield return line;
    }

    private static async Task<string> LogAsync(ServiceSettings? settings, CancellationToken cancellation)
    {
        const string none =
            "no log was found: set log_file, or name the log with --log (containers: docker logs remora 2> FILE)\n";
        if (settings?.LogFile is { } path && FileLog.FilesOf(path) is { Count: > 0 } files)
            return Lines(files);
        if (!OperatingSystem.IsLinux())
            return none;
        try
        {
            using var journal = Process.Start(
                new ProcessStartInfo(
                    "journalctl",
                    ["--unit", "remora", "--lines", $"{LogLines}", "--no-pager", "--quiet", "--output", "short-iso"]
                )
                {
                    RedirectStandardOutput = true,
                    RedirectStandardError = true,
                }
            )!;
            var lines = await journal.StandardOutput.ReadToEndAsync(cancellation);
            await journal.WaitForExitAsync(cancellation);
            return lines.Length > 0 ? lines : none;
        }
        catch (Win32Exception)
        {
            return none; // no journal on this system
        }
    }

    /// <summary>Returns the values of variables with secrets, which no entry may contain.</summary>
    private static List<string> SecretsOf(string? config)
    {
        var environment = ServiceOptionSet.Variables();
        try
        {
            return
            [
                .. SettingsReader
                    .ReferencesOf(config, environment)
                    .SecretVariables.Append(RunningServiceOptionSet.KeyVariable)
                    .Select(variable => environment.GetValueOrDefault(variable, ""))
                    .Where(value => value.Length >= ShortestSecret),
            ];
        }
        catch (SettingsException)
        {
            return []; // the settings are invalid, so the bundle has none of them
        }
    }

    private static string Versions()
    {
        var text = new StringBuilder();
        text.Append(
            $"remora {typeof(ServiceSettings).Assembly.GetName().Version}\n"
                + $".NET {Environment.Version}\n"
                + $"{System.Runtime.InteropServices.RuntimeInformation.OSDescription}\n"
                + $"{Environment.ProcessorCount} cores\n"
        );
        // Names only: values of variables may be secrets.
        foreach (
            var name in Environment
                .GetEnvironmentVariables()
                .Keys.Cast<string>()
                .Where(name => name.StartsWith(SettingsReader.Prefix))
                .Order()
        )
            text.Append($"{name} is set\n");
        return text.ToString();
    }

    private static async Task<string> AskAsync(ServiceConnection service, string path, CancellationToken cancellation)
    {
        try
        {
            return await service.GetAnyTextAsync(path, cancellation);
        }
        catch (ServiceException e)
        {
            return $"no response: {e.Message}\n";
        }
    }

    private static void Write(string to, Dictionary<string, string> entries, List<string> secrets)
    {
        using var zip = new ZipArchive(new FileStream(to, FileMode.Create), ZipArchiveMode.Create);
        foreach (var (name, text) in entries)
        {
            using var writer = new StreamWriter(zip.CreateEntry(name).Open());
            var shown = secrets.Aggregate(text, (rest, secret) => rest.Replace(secret, Redaction.Mark));
            writer.Write(Redaction.Apply(shown));
        }
    }

    private static string StateOf(bool? good) =>
        good switch
        {
            true => "ok",
            false => "missing",
            null => "note",
        };
}
