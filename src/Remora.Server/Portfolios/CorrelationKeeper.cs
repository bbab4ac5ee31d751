using System.Diagnostics;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Remora.Feeds.Candles;
using Remora.Markets;
using Remora.Portfolios;
using Remora.Supervision;

namespace Remora.Server.Portfolios;

/// <summary>
/// Publishes the engine's correlations to readers on other threads, and keeps their state beside
/// those of the forecasters. It may be older than they are: they have the hours of 30 days, which
/// are then counted again.
/// </summary>
internal sealed class CorrelationKeeper
{
    private const string FileName = "correlations.state",
        TrackerPart = "correlations";
    private const long Hour = 3_600_000;
    private const int MostEventsBehind = 256;
    private static readonly TimeSpan SaveInterval = TimeSpan.FromMinutes(10);

    private readonly CorrelationTracker _tracker;
    private readonly string? _path;
    private readonly ILogger _log;
    private readonly Incidents _incidents;
    private readonly Channel<byte[]> _writes = Channel.CreateBounded<byte[]>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest }
    );
    private volatile Correlations _current = Correlations.None;

    // Of the pump only.
    private int _eventsBehind;
    private bool _isSaved = true;
    private long _savedAt = Stopwatch.GetTimestamp();

    /// <param name="tracker">The tracker of the engine; only the pump may use it from now
    /// on.</param>
    /// <param name="folder">The folder of saved states; null to keep none.</param>
    /// <param name="log">Receives problems with the file.</param>
    public CorrelationKeeper(CorrelationTracker tracker, string? folder, ILogger log)
    {
        _tracker = tracker;
        _path = folder is null ? null : Path.Combine(folder, FileName);
        _log = log;
        _incidents = new(line => log.LogWarning("{Problem}", line), line => log.LogInformation("{Recovery}", line));
        Load();
    }

    /// <summary>The correlations now.</summary>
    public Correlations Current => _current;

    /// <summary>
    /// Publishes the correlations if an event has changed them. The pump calls it after each event.
    /// </summary>
    /// <param name="marketEvent">The event that was applied.</param>
    /// <param name="isBusy">Whether more events wait: then it may publish later.</param>
    public void Applied(in MarketEvent marketEvent, bool isBusy)
    {
        if (Changes(marketEvent) || _eventsBehind > 0)
            _eventsBehind++;
        if (_eventsBehind == 0 || (isBusy && _eventsBehind < MostEventsBehind))
            return;
        _eventsBehind = 0;
        _current = _tracker.Snapshot();
        _isSaved = false;
        if (_path is null || Stopwatch.GetElapsedTime(_savedAt) < SaveInterval)
            return;
        _writes.Writer.TryWrite(_tracker.Save());
        (_isSaved, _savedAt) = (true, Stopwatch.GetTimestamp());
    }

    /// <summary>Writes the file until it is canceled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        await foreach (var state in _writes.Reader.ReadAllAsync(cancellation))
            Write(state);
    }

    /// <summary>Saves the last state. Call it when the pump and the writer have ended.</summary>
    public void SaveLast()
    {
        if (_path is not null && !_isSaved)
            Write(_tracker.Save());
    }

    private static bool Changes(in MarketEvent marketEvent) =>
        marketEvent is { Market: { } market, SeenAt: null }
        && (
            marketEvent.History is not null
            || marketEvent.Change is not null
            || (marketEvent.Candle.OpenTime + market.Timeframe.Length).UnixMilliseconds % Hour == 0
        );

    private void Write(byte[] state)
    {
        try
        {
            StateOnDisk.Write(_path!, new Dictionary<string, byte[]> { [TrackerPart] = state });
            _incidents.End(_path!, "the correlations are saved again");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _incidents.Begin(
                _path!,
                $"the correlations cannot be saved: {e.Message}. Without them, a restart begins with those of 30 days"
            );
        }
    }

    private void Load()
    {
        if (_path is null || !File.Exists(_path))
            return;
        try
        {
            var parts = StateOnDisk.Read(_path);
            if (!parts.TryGetValue(TrackerPart, out var state))
                throw new FormatException($"its file has no part '{TrackerPart}'");
            _tracker.Load(state);
        }
        catch (Exception e) when (e is FormatException or IOException or UnauthorizedAccessException)
        {
            _log.LogWarning(
                "The saved correlations do not fit and are dropped: {Problem}. They are made from the last 30 days",
                e.Message
            );
        }
    }
}
