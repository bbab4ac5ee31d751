using System.CommandLine;
using Remora.Cli.Render;
using Remora.ClickHouse;
using Remora.Server.Settings;
using Remora.Store;
using Remora.Store.Backups;

namespace Remora.Cli.Commands;

/// <summary>Options for the location of the store: a data folder or a ClickHouse server.</summary>
/// <param name="findsSandbox">
/// Whether to use a sandbox's store if the data folder has no other. False for commands that write
/// real data.
/// </param>
internal sealed class StoreOptionSet(bool findsSandbox = true)
{
    private readonly Option<string?> _data = new("--data")
    {
        Description =
            "Data folder, for the embedded ClickHouse engine [default: REMORA_DATA, or the service's default]. The "
            + "store of a sandbox is in the subfolder 'sandbox'",
        HelpName = "FOLDER",
    };
    private readonly Option<string?> _url = new("--clickhouse")
    {
        Description =
            $"ClickHouse server to use instead, for example http://user@host:8123, or several with the same data, "
            + $"separated by commas, which are tried in turn; the variable {StoreLocation.PasswordVariable} contains "
            + $"the password",
        HelpName = "URL",
    };
    private readonly Option<string?> _database = new("--database")
    {
        Description = $"Database [default: {StoreLocation.DefaultDatabase}]",
        HelpName = "NAME",
    };
    private readonly Option<string?> _cluster = new("--cluster")
    {
        Description = "With --clickhouse: cluster on which tables are created",
        HelpName = "NAME",
    };

    /// <summary>All options of the set, for a command.</summary>
    public IReadOnlyList<Option> All => [_data, _url, _database, _cluster];

    public void AddTo(Command command)
    {
        foreach (var option in All)
            command.Options.Add(option);
        command.Validators.Add(result =>
        {
            if (result.GetValue(_data) is not null && result.GetValue(_url) is not null)
                result.AddError("use either --data or --clickhouse, not both");
            if (
                result.GetValue(_cluster) is not null
                && result.GetValue(_url) is null
                && Variable("REMORA_CLICKHOUSE") is null
            )
                result.AddError("--cluster requires --clickhouse: the embedded engine has no cluster");
        });
    }

    /// <exception cref="FormatException">An option is invalid.</exception>
    public StoreLocation Read(ParseResult parsed)
    {
        var url = parsed.GetValue(_url) ?? (parsed.GetValue(_data) is null ? Variable("REMORA_CLICKHOUSE") : null);
        var database = parsed.GetValue(_database);
        if (url is not null)
            return StoreLocation.AtUrl(url, database, parsed.GetValue(_cluster));
        var data = parsed.GetValue(_data) ?? Variable("REMORA_DATA") ?? ServiceSettings.DefaultData;
        if (!findsSandbox || SandboxMark.StoreBelow(data) is not { } sandbox)
            return StoreLocation.InFolder(data, database);
        if (SandboxMark.HasStore(data))
        {
            Console.Error.WriteLine($"remora: using the store in {data}; for the sandbox's store use --data {sandbox}");
            return StoreLocation.InFolder(data, database);
        }
        Console.Error.WriteLine($"remora: using the sandbox's store in {sandbox}, because {data} has no other");
        return StoreLocation.InFolder(sandbox, database);
    }

    /// <summary>Returns the location of a store to read.</summary>
    /// <exception cref="FormatException">An option is invalid.</exception>
    /// <exception cref="ClickHouseConnectionException">The folder contains no store.</exception>
    private StoreLocation ReadExisting(ParseResult parsed)
    {
        var location = Read(parsed);
        return location.EngineFolder is not { } engine || Directory.Exists(engine)
            ? location
            : throw new ClickHouseConnectionException(
                $"{location} contains no store: name the data folder of a service with --data"
            );
    }

    /// <summary>The data folder with keys and calendar, also if the store is elsewhere.</summary>
    public string DataFolder(ParseResult parsed) =>
        Path.GetFullPath(parsed.GetValue(_data) ?? Variable("REMORA_DATA") ?? ServiceSettings.DefaultData);

    /// <summary>Runs a job on the open store. Failures become one line and an exit code.</summary>
    public Task<int> AttemptAsync(
        ParseResult parsed,
        bool makeDatabase,
        Func<ClickHouseConnection, Task<int>> job,
        CancellationToken cancellation
    ) => AttemptAsync(() => Read(parsed), makeDatabase, job, cancellation);

    /// <summary>Runs a job that only reads.</summary>
    public Task<int> AttemptReadingAsync(
        ParseResult parsed,
        Func<ClickHouseConnection, Task<int>> job,
        CancellationToken cancellation
    ) => AttemptAsync(() => Read(parsed), makeDatabase: false, job, cancellation);

    private static async Task<int> AttemptAsync(
        Func<StoreLocation> locate,
        bool makeDatabase,
        Func<ClickHouseConnection, Task<int>> job,
        CancellationToken cancellation
    )
    {
        try
        {
            var location = locate();
            await using var store = await ClickHouseConnection.OpenAsync(
                location,
                makeDatabase,
                cancellation: cancellation
            );
            if (location.Others.Count > 0)
                Console.Error.WriteLine($"remora: using {location.Describe(store.Client.Address)}");
            return await job(store);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return Terminal.Fail("cancelled", ExitCode.Unavailable);
        }
        catch (FormatException e)
        {
            return Terminal.Fail(e.Message, ExitCode.Usage);
        }
        catch (ClickHouseConnectionException e)
        {
            return Terminal.Fail(e.Message, ExitCode.Unavailable);
        }
        catch (ClickHouseException e)
        {
            return Terminal.Fail(StoreError.Describe(e), ExitCode.Usage);
        }
        catch (Exception e) when (e is ClickHouseUnavailableException or TimeoutException)
        {
            return Terminal.Fail($"{e.Message}; run the command again to continue", ExitCode.Unavailable);
        }
    }

    /// <summary>Runs a job on the market's tables, which are migrated first if requested.</summary>
    public Task<int> OnStoreAsync(
        ParseResult parsed,
        Func<MarketStore, Task<int>> job,
        CancellationToken cancellation,
        bool prepare = true
    ) =>
        AttemptAsync(parsed, makeDatabase: true, open => OnTablesAsync(open, job, prepare, cancellation), cancellation);

    /// <summary>Runs a job that reads the tables of an existing store.</summary>
    public Task<int> OnExistingStoreAsync(
        ParseResult parsed,
        Func<MarketStore, StoreLocation, Task<int>> job,
        CancellationToken cancellation,
        bool prepare = true
    ) =>
        AttemptAsync(
            () => ReadExisting(parsed),
            makeDatabase: false,
            open => OnTablesAsync(open, store => job(store, open.Location), prepare, cancellation),
            cancellation
        );

    private static async Task<int> OnTablesAsync(
        ClickHouseConnection open,
        Func<MarketStore, Task<int>> job,
        bool prepare,
        CancellationToken cancellation
    )
    {
        try
        {
            var store = await MarketStore.OpenAsync(open.Client, cancellation: cancellation);
            if (prepare)
                await store.PrepareAsync(cancellation);
            return await job(store);
        }
        catch (StoreBusyException e)
        {
            return Terminal.Fail(e.Message, ExitCode.Unavailable);
        }
        catch (StoreException e)
        {
            return Terminal.Fail(e.Message, ExitCode.Usage);
        }
    }

    private static string? Variable(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
