using System.CommandLine;
using Remora.ClickHouse;
using Remora.Server.Settings;
using Remora.Store;
using Remora.Store.Backups;

namespace Remora.Cli.Commands;

/// <summary>
/// <c>remora store drill</c>: restores the newest backup into a store of its own, compares it and
/// removes it.
/// </summary>
internal static class StoreDrill
{
    public static Command Create()
    {
        var folder = new Argument<string?>("FOLDER")
        {
            Description =
                "A backup, or a folder with backups of the schedule, of which the newest is used [default: the "
                + "setting backup_folder]",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var scratch = new Option<string?>("--scratch")
        {
            Description =
                "Folder for the temporary store, which needs as much room as the store [default: the system's]",
            HelpName = "FOLDER",
        };
        var service = new ServiceOptionSet();
        var command = new Command(
            "drill",
            "Restores the newest backup into a temporary store, compares the rows and the checksum of every table "
                + "with the backup, and removes the temporary store. The store in use is not touched."
        )
        {
            folder,
            scratch,
        };
        foreach (var option in service.ForKeys)
            command.Options.Add(option);
        command.SetAction(
            async (parsed, cancellation) =>
            {
                try
                {
                    var backup = Find(parsed.GetValue(folder) ?? Configured(service, parsed));
                    return await RunAsync(backup, parsed.GetValue(scratch), cancellation);
                }
                catch (SettingsException e)
                {
                    return Terminal.Fail(string.Join("; ", e.Errors), ExitCode.Usage);
                }
                catch (DrillFailedException e)
                {
                    return Terminal.Fail(e.Message, ExitCode.No);
                }
                catch (Exception e) when (e is StoreException or IOException or UnauthorizedAccessException)
                {
                    return Terminal.Fail(e.Message, ExitCode.Usage);
                }
                catch (Exception e)
                    when (e is ClickHouseConnectionException or ClickHouseUnavailableException or ClickHouseException)
                {
                    return Terminal.Fail("the drill was not completed: " + e.Message, ExitCode.Unavailable);
                }
                catch (OperationCanceledException)
                {
                    return Terminal.Fail("cancelled", ExitCode.Unavailable);
                }
            }
        );
        return command;
    }

    private static string Configured(ServiceOptionSet service, ParseResult parsed)
    {
        var settings = service.ReadWithoutKeys(parsed);
        var kept = ServiceStore.KeptFolderOf(settings) ?? settings.DataFolder;
        return ServiceStore.BackupFolderOf(settings, kept);
    }

    private static string Find(string folder)
    {
        if (BackupList.IsComplete(folder))
            return folder;
        return BackupList.Read(folder) is [.., var newest]
            ? newest.Folder
            : throw new StoreException(
                $"'{Path.GetFullPath(folder)}' is not a backup and contains none of the schedule: name a backup, or "
                    + $"set backup_hours"
            );
    }

    private static async Task<int> RunAsync(string backup, string? parent, CancellationToken cancellation)
    {
        var scratch = parent is null
            ? Directory.CreateTempSubdirectory("remora-drill-").FullName
            : Path.Combine(Path.GetFullPath(parent), $"remora-drill-{Guid.NewGuid():N}");
        DrillReport report;
        try
        {
            await using var store = await ClickHouseConnection.OpenAsync(
                StoreLocation.InFolder(scratch),
                cancellation: cancellation
            );
            report = await Terminal.WithProgressAsync(
                "drill",
                bar =>
                    BackupDrill.RunAsync(
                        new(store.Client, new() { Retention = new() { RequestDays = 0 } }),
                        backup,
                        new StoreCommand.Steps(bar),
                        cancellation
                    )
            );
        }
        catch (StoreException e)
        {
            throw new DrillFailedException($"the backup in '{backup}' cannot be restored: {e.Message}", e);
        }
        finally
        {
            if (Directory.Exists(scratch))
                Directory.Delete(scratch, recursive: true);
        }
        foreach (var difference in report.Differences)
            Console.Error.WriteLine("remora: " + difference);
        var made = $"the backup of {report.Manifest.CreatedAt:yyyy-MM-ddTHH:mm:ssZ} in '{backup}'";
        if (report.Differences.Count > 0)
            return Terminal.Fail(
                $"{made} restores to something else: {report.Differences.Count} of {report.Tables} tables differ",
                ExitCode.No
            );
        var counted = report.Unchecked == 0 ? "" : $"; {report.Unchecked} tables were only counted";
        Console.WriteLine(
            $"{made} can be restored: {report.Tables} tables with {report.Rows} rows are equal to what was backed "
                + $"up{counted}"
        );
        return ExitCode.Ok;
    }

    /// <summary>The backup cannot be restored.</summary>
    private sealed class DrillFailedException(string message, Exception cause) : Exception(message, cause);
}
