using System.IO.Compression;
using System.Text;
using Remora.Csv;
using Remora.Feeds.Exchanges;
using Remora.Feeds.History;
using Remora.Feeds.Http;
using Remora.Feeds.Time;
using Remora.Markets;
using Remora.Sandbox;
using Remora.Testing;

namespace Remora.Feeds.Tests.History;

/// <summary>
/// Fetches from the sandbox through the real bridge process. BTC/USDT is a recording with two gaps,
/// which goes on after the clock's time.
/// </summary>
public sealed class HistoryRig : IAsyncLifetime
{
    internal const string Btc = "candles/BTCUSDT-5m.csv.gz";

    /// <summary>The first candle of the recording.</summary>
    internal static readonly Instant Begin = Some.At("2025-03-01T00:00:00Z");

    /// <summary>A moment within a candle.</summary>
    internal static readonly Instant Now = Some.At("2025-03-13T12:02:00Z");

    private readonly HttpClient _http = OutsideHttp.NewClient();

    internal SandboxServer Sandbox { get; private set; } = null!;

    internal CcxtBridge Bridge { get; private set; } = null!;

    /// <summary>A clock that runs at the speed of the real one.</summary>
    internal ScaledClock Clock { get; } = new(Now.ToDateTimeOffset(), 1);

    /// <summary>The recording: 4,000 candles less 3 and 700.</summary>
    internal static IReadOnlyList<Candle> Recording { get; } =
    [
        .. Some.Candles(5, 4_000, start: Begin, price: 60_000)
            .Where((_, i) => i is not (>= 100 and < 103 or >= 1500 and < 2200)),
    ];

    public async ValueTask InitializeAsync()
    {
        Sandbox = await SandboxServer.StartAsync(
            new()
            {
                Pairs = [Pair.Parse("ETH/USDT")],
                HistoryDays = 30,
                Replay = new Dictionary<Pair, Sandbox.Replay.ReplayTape>
                {
                    [Pair.Parse("BTC/USDT")] = new(Timeframe.FiveMinutes, Recording),
                },
            },
            Clock,
            TestContext.Current.CancellationToken
        );
        Bridge = NewBridge(new() { RateLimit = false });
    }

    internal CcxtBridge NewBridge(CcxtBridgeOptions options) =>
        CcxtBridge.Start(options with { BaseUrl = new(Sandbox.Url) }, Clock);

    public async ValueTask DisposeAsync()
    {
        await Bridge.DisposeAsync();
        await Sandbox.DisposeAsync();
        _http.Dispose();
    }

    /// <summary>Returns a request for the candles of BTC/USDT, to which tests add.</summary>
    internal static HistoryFetchOptions Candles(string folder, Instant? until = null) =>
        new()
        {
            Folder = folder,
            Exchange = "binance",
            Pairs = [Pair.Parse("BTC/USDT")],
            From = Begin,
            Until = until ?? Some.At("2025-03-13T00:00:00Z"),
            Outside = false,
            Version = "0.0",
            Backoff = new(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(1)),
            Tries = 2,
        };

    internal async Task<HistoryReport> FetchAsync(
        HistoryFetchOptions options,
        IProgress<HistoryProgress>? progress = null,
        CcxtBridge? bridge = null,
        TimeProvider? clock = null,
        CancellationToken cancellation = default
    ) =>
        await new HistoryFetch(
            options with
            {
                BaseUrl = options.BaseUrl ?? new(Sandbox.Url),
            },
            bridge ?? Bridge,
            _http,
            clock ?? Clock,
            progress
        ).RunAsync(cancellation);

    /// <summary>Fetches and returns the only outcome.</summary>
    internal async Task<HistoryOutcome> OneAsync(HistoryFetchOptions options) =>
        Assert.Single((await FetchAsync(options)).Files);

    /// <summary>Returns the text of a fetched file.</summary>
    internal static string TextOf(string folder, string file)
    {
        using var reader = new StreamReader(
            new GZipStream(File.OpenRead(Path.Combine(folder, file)), CompressionMode.Decompress),
            Encoding.Latin1
        );
        return reader.ReadToEnd();
    }

    internal static IReadOnlyList<Candle> CandlesOf(string folder, string file = Btc) =>
        CandleCsv.Read(new MemoryStream(Encoding.Latin1.GetBytes(TextOf(folder, file))), Timeframe.FiveMinutes).Candles;

    internal static byte[] BytesOf(string folder, string file = Btc) => File.ReadAllBytes(Path.Combine(folder, file));

    /// <summary>Returns all files of a folder except those that a fetch leaves behind.</summary>
    internal static IEnumerable<string> Leftovers(string folder) =>
        Directory
            .GetFiles(folder, "*", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(folder, file))
            .Where(file => !file.EndsWith(".csv.gz", StringComparison.Ordinal) && file != HistoryLayout.Manifest);
}

/// <summary>A folder that is deleted at the end of the test.</summary>
internal sealed class DataFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("remora-history-").FullName;

    public string Sub(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
