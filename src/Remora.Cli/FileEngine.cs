using Remora.Backtest;
using Remora.Backtest.Data;
using Remora.ClickHouse;
using Remora.ClickHouse.Embedded;
using Remora.Markets;
using Remora.Store;
using Remora.Store.Files;

namespace Remora.Cli;

/// <summary>
/// Reads and writes the files of a command. CSV needs no engine. For Parquet and Feather, an engine
/// starts at the first use, in a temporary folder that is deleted at the end. Thread-safe.
/// </summary>
internal sealed class FileEngine(CancellationToken cancellation) : IDisposable
{
    /// <summary>The formats of candle files, for help texts.</summary>
    public const string CandleFormats = "CSV, CSV.gz, Parquet or Feather";

    private readonly Lazy<string> _folder = new(() => Directory.CreateTempSubdirectory("remora-files-").FullName);
    private readonly SemaphoreSlim _starting = new(1);
    private EmbeddedEngine? _engine;

    /// <summary>Returns whether the format of a file needs the engine.</summary>
    public static bool Needs(string path) =>
        StoreFormats.TryFromFile(path, out var format) && format is StoreFormat.Parquet or StoreFormat.Feather;

    /// <summary>Reads candles. Serves as a <see cref="CandleReader"/>.</summary>
    public CandleTape Read(string path, Timeframe? timeframe) =>
        Needs(path)
            ? Run(client => CandleRowsFile.ReadAsync(client, path, timeframe, cancellation))
            : CandleFile.Read(path, timeframe);

    /// <summary>Converts a CSV of assessments to Parquet or Feather.</summary>
    public void Convert(string csv, string to) =>
        Run(async client =>
        {
            await AssessmentRows.ConvertAsync(client, csv, to, cancellation);
            return true;
        });

    /// <summary>
    /// Returns the path of a temporary file that is deleted when the command ends.
    /// </summary>
    public string Scratch(string name) => Path.Combine(_folder.Value, name);

    public void Dispose()
    {
        if (_engine is not null)
            Task.Run(async () => await _engine.DisposeAsync()).Wait(CancellationToken.None);
        if (_folder.IsValueCreated)
            Directory.Delete(_folder.Value, recursive: true);
        _starting.Dispose();
    }

    // File jobs run on their own threads, so blocking is allowed.
    private T Run<T>(Func<ClickHouseClient, Task<T>> work)
    {
        try
        {
            return Task.Run(async () => await work(await ClientAsync()), cancellation).GetAwaiter().GetResult();
        }
        catch (Exception e) when (e is StoreException or EngineStartException or ClickHouseUnavailableException)
        {
            throw new BacktestException(e.Message, e);
        }
    }

    private async Task<ClickHouseClient> ClientAsync()
    {
        await _starting.WaitAsync(cancellation);
        try
        {
            _engine ??= await EmbeddedEngine.StartAsync(
                new() { Folder = Scratch("clickhouse") },
                cancellation: cancellation
            );
            return _engine.Client;
        }
        finally
        {
            _starting.Release();
        }
    }
}
