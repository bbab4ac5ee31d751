using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Remora.Server.Settings;
using Remora.Store;
using Remora.Store.Backups;
using Spectre.Console;

namespace Remora.Cli.Commands;

/// <summary><c>remora store</c>: status, backup and restore of the store.</summary>
internal static class StoreCommand
{
    public static Command Create() =>
        new("store", "Shows, backs up and restores the store.") { Status(), Backup(), Restore(), StoreDrill.Create() };

    private static Command Status()
    {
        var json = new Option<bool>("--json") { Description = "Print the result as JSON" };
        return Verb(
            "status",
            "Shows every table: rows, size, first and last time.",
            [json],
            Use.Reads,
            async (store, _, parsed, cancellation) =>
            {
                var status = await store.StatusAsync(cancellation);
                if (parsed.GetValue(json))
                    Console.WriteLine(JsonSerializer.Serialize(status, CliJson.Shared.StoreStatus));
                else
                    Terminal.Data.Write(Render(status));
                if (!parsed.GetValue(json) && await store.RecordingAsync(cancellation) is { } recording)
                    Console.WriteLine(
                        recording.By is { } by
                            ? string.Create(CultureInfo.InvariantCulture, $"recorded by {by} (lease {recording.Lease})")
                            : "no service records"
                    );
                return ExitCode.Ok;
            }
        );
    }

    private static Command Backup()
    {
        var folder = new Argument<string>("FOLDER")
        {
            Description = "Output folder, which must be empty or missing; with --verify, a backup",
        };
        var verify = new Option<bool>("--verify")
        {
            Description = "Check the backup in FOLDER instead of creating one; does not open the store",
        };
        var secrets = new Option<bool>("--with-secrets")
        {
            Description = "Include the secrets to which the settings refer, from the environment, as files/secrets.env",
        };
        var service = new ServiceOptionSet();
        return Verb(
            "backup",
            "Copies the store to a folder, also while it is in use: all tables, keys, calendar, policies and "
                + "settings, with checksums.",
            [folder, verify, secrets, service.Config],
            Use.Copies,
            async (store, data, parsed, cancellation) =>
            {
                IReadOnlyList<BackupSource> files;
                try
                {
                    files = BackupFiles.Collect(
                        data,
                        service.ConfigFile(parsed, ServiceOptionSet.Variables()),
                        ServiceOptionSet.Variables(),
                        parsed.GetValue(secrets)
                    );
                }
                catch (Exception e) when (e is SettingsException or IOException or UnauthorizedAccessException)
                {
                    return Terminal.Fail(
                        e is SettingsException settings ? string.Join("; ", settings.Errors) : e.Message,
                        ExitCode.Usage
                    );
                }
                var manifest = await ProgressAsync(
                    "backup",
                    progress => new StoreBackup(store).RunAsync(parsed.GetValue(folder)!, files, progress, cancellation)
                );
                foreach (var left in manifest.LeftOut ?? [])
                    Console.Error.WriteLine("remora: not included: " + left);
                foreach (var file in manifest.Attachments ?? [])
                    Console.Error.WriteLine("includes files/" + file.Name);
                Console.Error.WriteLine(
                    $"{manifest.Rows} rows of {manifest.Tables?.Count} tables in {manifest.Files.Count} files; "
                        + $"restore them with: remora store restore {parsed.GetValue(folder)}"
                );
                return ExitCode.Ok;
            },
            instead: parsed => parsed.GetValue(verify),
            VerifyAsync
        );

        async Task<int> VerifyAsync(ParseResult parsed, CancellationToken cancellation)
        {
            var report = await ProgressAsync(
                "verify",
                progress => BackupVerification.RunAsync(parsed.GetValue(folder)!, progress, cancellation)
            );
            foreach (var damage in report.Damage)
                Console.Error.WriteLine("remora: " + damage);
            if (report.Damage.Count > 0)
                return Terminal.Fail(
                    $"{report.Damage.Count} of {report.Files} files are damaged; this backup cannot be restored",
                    ExitCode.Usage
                );
            Console.Error.WriteLine(
                $"{report.Files} files with {report.Manifest.Rows} rows are unchanged since the backup at "
                    + $"{report.Manifest.CreatedAt:yyyy-MM-ddTHH:mm:ssZ}"
            );
            return ExitCode.Ok;
        }
    }

    private static Command Restore()
    {
        var folder = new Argument<string>("FOLDER") { Description = "A backup of 'remora store backup'" };
        var replace = new Option<bool>("--replace")
        {
            Description = "Replace a store with rows, the keys and the calendar",
        };
        var settings = new Option<string?>("--settings")
        {
            Description =
                "Folder for the settings, policies and secrets of the backup [default: they are not restored]",
            HelpName = "FOLDER",
        };
        return Verb(
            "restore",
            "Restores a backup. Stop the service first: rows that it writes during a restore are lost.",
            [folder, replace, settings],
            Use.Replaces,
            async (store, data, parsed, cancellation) =>
            {
                var report = await ProgressAsync(
                    "restore",
                    progress =>
                        new StoreRestore(store).RunAsync(
                            parsed.GetValue(folder)!,
                            parsed.GetValue(replace),
                            name => BackupFiles.PlaceOf(name, data, parsed.GetValue(settings)),
                            progress,
                            cancellation
                        )
                );
                foreach (var remark in report.Remarks)
                    Console.Error.WriteLine("remora: " + remark);
                foreach (var file in report.Attachments)
                    Console.Error.WriteLine("restored " + file);
                Console.Error.WriteLine($"restored {report.Rows} rows");
                return ExitCode.Ok;
            }
        );
    }

    /// <summary>The effect of a subcommand on the store.</summary>
    private enum Use
    {
        /// <summary>Reads an existing store after migrating it.</summary>
        Reads,

        /// <summary>Reads an existing store without migrating it.</summary>
        Copies,

        /// <summary>Creates or replaces the store.</summary>
        Replaces,
    }

    private static Command Verb(
        string name,
        string description,
        IEnumerable<Symbol> symbols,
        Use use,
        Func<MarketStore, string, ParseResult, CancellationToken, Task<int>> run,
        Func<ParseResult, bool>? instead = null,
        Func<ParseResult, CancellationToken, Task<int>>? other = null
    )
    {
        var place = new StoreOptionSet();
        var command = new Command(name, description);
        foreach (var symbol in symbols)
        {
            if (symbol is Argument argument)
                command.Arguments.Add(argument);
            else
                command.Options.Add((Option)symbol);
        }
        place.AddTo(command);
        command.SetAction(
            (parsed, cancellation) =>
            {
                if (instead?.Invoke(parsed) == true)
                    return WithoutStoreAsync(() => other!(parsed, cancellation));
                return use == Use.Replaces
                    ? place.OnStoreAsync(parsed, RunAsync, cancellation, prepare: false)
                    : place.OnExistingStoreAsync(
                        parsed,
                        (store, _) => RunAsync(store),
                        cancellation,
                        prepare: use == Use.Reads
                    );

                Task<int> RunAsync(MarketStore store) => run(store, place.DataFolder(parsed), parsed, cancellation);
            }
        );
        return command;
    }

    private static async Task<int> WithoutStoreAsync(Func<Task<int>> run)
    {
        try
        {
            return await run();
        }
        catch (StoreException e)
        {
            return Terminal.Fail(e.Message, ExitCode.Usage);
        }
        catch (OperationCanceledException)
        {
            return Terminal.Fail("cancelled", ExitCode.Unavailable);
        }
    }

    private static Task<T> ProgressAsync<T>(string title, Func<IProgress<BackupProgress>, Task<T>> run) =>
        Terminal.WithProgressAsync(title, bar => run(new Steps(bar)));

    private static Table Render(StoreStatus status)
    {
        var table = new Table
        {
            Border = TableBorder.Minimal,
            Title = new($"ClickHouse {status.Version}, database {status.Database}, schema {status.SchemaVersion}"),
        };
        foreach (var name in new[] { "table", "rows", "on disk", "parts", "first", "last" })
            table.AddColumn(name);
        foreach (var t in status.Tables)
            table.AddRow(
                t.Name,
                t.Rows.ToString("N0", CultureInfo.InvariantCulture),
                Size(t.Bytes),
                t.Parts.ToString(CultureInfo.InvariantCulture),
                Time(t.First),
                Time(t.Last)
            );
        return table;
    }

    private static string Size(long bytes) =>
        string.Create(CultureInfo.InvariantCulture, $"{bytes / 1_000_000.0:N1} MB");

    private static string Time(DateTimeOffset? time) =>
        time?.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture) ?? "";

    internal sealed class Steps(IProgress<double> bar) : IProgress<BackupProgress>
    {
        public void Report(BackupProgress value) => bar.Report(value.Total == 0 ? 1 : (double)value.Done / value.Total);
    }
}
