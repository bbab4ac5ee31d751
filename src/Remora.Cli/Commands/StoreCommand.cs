using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Remora.Store;
using Remora.Store.Backups;
using Spectre.Console;

namespace Remora.Cli.Commands;

/// <summary><c>remora store</c>: status, backup and restore of the store.</summary>
internal static class StoreCommand
{
    public static Command Create() => new("store", "Shows the size of the store, and backs it up and restores it.") { Status(), Backup(), Restore() };

    private static Command Status()
    {
        var json = new Option<bool>("--json") { Description = "Print the status as JSON" };
        return Verb("status", "Lists the tables with rows, size, first and last time.", [json], async (store, parsed, cancellation) =>
        {
            var status = await store.StatusAsync(cancellation);
            if (parsed.GetValue(json)) Console.WriteLine(JsonSerializer.Serialize(status, RemoraJson.Options));
            else Terminal.Data.Write(Render(status));
            return ExitCode.Ok;
        }, reads: true);
    }

    private static Command Backup()
    {
        var folder = new Argument<string>("FOLDER") { Description = "Empty or missing folder for the backup" };
        return Verb("backup", "Copies the whole store into a folder, with checksums. The store can be in use.", [folder], async (store, parsed, cancellation) =>
        {
            var manifest = await ProgressAsync("backup", progress => new StoreBackup(store).RunAsync(parsed.GetValue(folder)!, progress, cancellation));
            Console.Error.WriteLine($"{manifest.Rows} rows in {manifest.Files.Count} files; bring them back with: remora store restore {parsed.GetValue(folder)}");
            return ExitCode.Ok;
        });
    }

    private static Command Restore()
    {
        var folder = new Argument<string>("FOLDER") { Description = "Folder of a backup of 'remora store backup'" };
        var replace = new Option<bool>("--replace") { Description = "Delete the contents of the store first, if it is not empty" };
        return Verb("restore", "Restores a backup. Stop the service first.", [folder, replace], async (store, parsed, cancellation) =>
        {
            var report = await ProgressAsync("restore", progress => new StoreRestore(store).RunAsync(parsed.GetValue(folder)!, parsed.GetValue(replace), progress, cancellation));
            foreach (var remark in report.Remarks) Console.Error.WriteLine("remora: " + remark);
            Console.Error.WriteLine($"{report.Rows} rows are back");
            return ExitCode.Ok;
        });
    }

    private static Command Verb(
        string name, string description, IEnumerable<Symbol> symbols,
        Func<MarketStore, ParseResult, CancellationToken, Task<int>> run, bool reads = false)
    {
        var place = new StoreOptionSet();
        var command = new Command(name, description);
        foreach (var symbol in symbols)
        {
            if (symbol is Argument argument) command.Arguments.Add(argument);
            else command.Options.Add((Option)symbol);
        }
        place.AddTo(command);
        command.SetAction((parsed, cancellation) => reads
            ? place.OnExistingStoreAsync(parsed, (store, _) => run(store, parsed, cancellation), cancellation)
            : place.OnStoreAsync(parsed, store => run(store, parsed, cancellation), cancellation));
        return command;
    }

    private static Task<T> ProgressAsync<T>(string title, Func<IProgress<BackupProgress>, Task<T>> run) =>
        Terminal.WithProgressAsync(title, bar => run(new Steps(bar)));

    private static Table Render(StoreStatus status)
    {
        var table = new Table { Border = TableBorder.Minimal, Title = new($"ClickHouse {status.Version}, database {status.Database}, schema {status.SchemaVersion}") };
        foreach (var name in new[] { "table", "rows", "on disk", "parts", "first", "last" }) table.AddColumn(name);
        foreach (var t in status.Tables)
            table.AddRow(t.Name, t.Rows.ToString("N0", CultureInfo.InvariantCulture), Size(t.Bytes), t.Parts.ToString(CultureInfo.InvariantCulture), Time(t.First), Time(t.Last));
        return table;
    }

    private static string Size(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1_000_000.0:N1} MB");

    private static string Time(DateTimeOffset? time) => time?.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture) ?? "";

    private sealed class Steps(IProgress<double> bar) : IProgress<BackupProgress>
    {
        public void Report(BackupProgress value) => bar.Report(value.Total == 0 ? 1 : (double)value.Done / value.Total);
    }
}
