using System.CommandLine;
using Remora.Cli.Render;
using Remora.ClickHouse;
using Remora.Server.Settings;
using Remora.Store;

namespace Remora.Cli.Commands;

/// <summary>Where the store is: the data folder, or a ClickHouse server.</summary>
internal sealed class StoreOptionSet
{
    private readonly Option<string?> _data = new("--data") { Description = "Data folder, with the engine embedded; REMORA_DATA without it, or the service's default", HelpName = "FOLDER" };
    private readonly Option<string?> _url = new("--clickhouse") { Description = $"A ClickHouse server instead, such as http://user@host:8123; its password is read from {StoreLocation.PasswordVariable}", HelpName = "URL" };
    private readonly Option<string?> _database = new("--database") { Description = $"The database [default: {StoreLocation.DefaultDatabase}]", HelpName = "NAME" };
    private readonly Option<string?> _cluster = new("--cluster") { Description = "With --clickhouse: the cluster that tables are made on", HelpName = "NAME" };

    /// <summary>All of them, to be added to a command.</summary>
    public IReadOnlyList<Option> All => [_data, _url, _database, _cluster];

    public void AddTo(Command command)
    {
        foreach (var option in All) command.Options.Add(option);
        command.Validators.Add(result =>
        {
            if (result.GetValue(_data) is not null && result.GetValue(_url) is not null) result.AddError("--data and --clickhouse are two places: give one");
            if (result.GetValue(_cluster) is not null && result.GetValue(_url) is null && Variable("REMORA_CLICKHOUSE") is null) result.AddError("--cluster needs --clickhouse: an embedded engine has no cluster");
        });
    }

    /// <exception cref="FormatException">An option cannot be used.</exception>
    public StoreLocation Read(ParseResult parsed)
    {
        var url = parsed.GetValue(_url) ?? (parsed.GetValue(_data) is null ? Variable("REMORA_CLICKHOUSE") : null);
        var database = parsed.GetValue(_database);
        return url is null
            ? StoreLocation.InFolder(parsed.GetValue(_data) ?? Variable("REMORA_DATA") ?? ServiceSettings.DefaultData, database)
            : StoreLocation.AtUrl(url, database, parsed.GetValue(_cluster));
    }

    /// <summary>Runs a job on the open store; what goes wrong becomes one line and an exit code.</summary>
    public async Task<int> AttemptAsync(ParseResult parsed, bool makeDatabase, Func<ClickHouseConnection, Task<int>> job, CancellationToken cancellation)
    {
        try
        {
            await using var store = await ClickHouseConnection.OpenAsync(Read(parsed), makeDatabase, cancellation: cancellation);
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
            return Terminal.Fail($"{e.Message}; the same command may be given again", ExitCode.Unavailable);
        }
    }

    /// <summary>Runs a job on the market's tables, brought up to this program first.</summary>
    public Task<int> OnStoreAsync(ParseResult parsed, Func<MarketStore, Task<int>> job, CancellationToken cancellation) => AttemptAsync(parsed, makeDatabase: true, async open =>
    {
        try
        {
            var store = new MarketStore(open.Client);
            await store.PrepareAsync(cancellation);
            return await job(store);
        }
        catch (StoreException e)
        {
            return Terminal.Fail(e.Message, ExitCode.Usage);
        }
    }, cancellation);

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
