using System.Threading.Channels;
using Remora.Feeds.Http;
using Remora.Feeds.Tests.StandIn;
using Remora.Feeds.Time;
using Remora.Markets;
using Remora.Testing;

namespace Remora.Feeds.Tests.Http;

/// <summary>
/// A source on a local server that returns a recorded response, on a clock at which half an hour
/// takes a tenth of a second.
/// </summary>
internal sealed class SourceRig : IAsyncDisposable
{
    /// <summary>The moment at which the responses were recorded, a Monday.</summary>
    public static readonly Instant Recorded = Some.At("2025-03-10T15:00:00Z");

    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<MarketEvent> _events = Channel.CreateUnbounded<MarketEvent>();
    private readonly List<Observation> _received = [];
    private readonly HttpClient _http = new();
    private Task _running = Task.CompletedTask;
    private string _path = "";

    public StandInServer Server { get; private set; } = null!;

    public HttpSourceFeed Feed { get; private set; } = null!;

    public IReadOnlyList<Observation> Received
    {
        get
        {
            while (_events.Reader.TryRead(out var e))
                _received.Add(e.Observation!);
            return _received;
        }
    }

    /// <summary>Sets the response of the source from now on.</summary>
    public void Answer(string body) => Server.Bodies[_path] = body;

    public static async Task<SourceRig> StartAsync(
        HttpSource source,
        string body,
        string? fault = null,
        Instant? start = null
    )
    {
        var rig = new SourceRig
        {
            Server = await StandInServer.StartAsync(),
            _path = source.Url.Host + Uri.UnescapeDataString(source.Url.AbsolutePath),
        };
        rig.Answer(body);
        if (fault is not null)
            rig.Server.FailAll(fault);
        var options = new HttpSourceOptions
        {
            BaseUrl = rig.Server.BaseUrl,
            Deadline = TimeSpan.FromSeconds(0.5),
            MaxResponseBytes = 1 << 20,
        };
        rig.Feed = new(source, rig._http, options, new ScaledClock((start ?? Recorded).ToDateTimeOffset(), 18_000));
        rig._running = rig.Feed.RunAsync(rig._events.Writer, rig._stop.Token);
        return rig;
    }

    public static string Fixture(string name) =>
        File.ReadAllText(Repository.PathOf("tests", "Remora.Feeds.Tests", "Fixtures", name));

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _http.Dispose();
        await Server.DisposeAsync();
        _stop.Dispose();
    }
}
