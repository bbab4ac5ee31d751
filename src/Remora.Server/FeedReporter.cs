using Microsoft.Extensions.Logging;
using Remora.Feeds;
using Remora.Supervision;

namespace Remora.Server;

/// <summary>
/// Logs the state of the feeds: when a feed fails, when its failure becomes worse, and when it has
/// been healthy for a minute again. A feed that fails intermittently is logged as one outage.
/// </summary>
public sealed class FeedReporter
{
    private const string Unavailable = "unavailable";
    private const string BridgeIncident = "bridge";
    private const string DatesIncident = "dates";
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private const int Steady = 60; // checks
    private readonly ServiceParts _parts;
    private readonly ILogger _log;
    private readonly Dictionary<string, LoggedState> _logged = [];
    private readonly Incidents _incidents;
    private readonly PriceReporter _prices;

    /// <param name="parts">The feeds and the log.</param>
    public FeedReporter(ServiceParts parts)
    {
        _parts = parts;
        _log = parts.Log.CreateLogger<FeedReporter>();
        _incidents = new(text => _log.LogWarning("{Text}", text), text => _log.LogInformation("{Text}", text));
        _prices = new(_log);
    }

    /// <summary>
    /// Checks the feeds once per second of real time, independent of the feeds' clock, until it is
    /// canceled.
    /// </summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(Interval);
        while (await timer.WaitForNextTickAsync(cancellation))
            Look();
    }

    internal void Look()
    {
        var isBridgeDown = LookAtBridge();
        foreach (var feed in _parts.Markets)
        {
            var health = feed.Health;
            _prices.Report(feed.Market, health);
            if (health.RefusedLevel?.Exchange == health.Exchange)
                continue;
            Report(
                feed.Market.ToString(),
                health.State,
                health.LastError,
                "no fresh candle",
                health.LastSuccess is null,
                isBridgeDown
            );
        }
        Forget();
        foreach (var feed in _parts.Sources)
        {
            var health = feed.Health;
            Report(feed.Name, health.State, health.LastError, "no fresh value", neverAnswered: false, isBridgeDown);
        }
        if (_parts.Calendar?.Health.Forecasts?.Problem is { } problem)
            _incidents.Begin(DatesIncident, problem);
        else
            _incidents.End(DatesIncident, "the calendar of forecasts has dates of all kinds again");
    }

    /// <summary>Forgets markets that are no longer tracked.</summary>
    private void Forget()
    {
        _prices.Keep(_parts.Markets);
        if (_logged.Count <= _parts.Markets.Count + _parts.Sources.Count)
            return;
        var names = _parts.Markets.Select(feed => feed.Market.ToString()).Concat(_parts.Sources.Select(s => s.Name));
        foreach (var gone in _logged.Keys.Except(names).ToList())
            _logged.Remove(gone);
    }

    /// <summary>
    /// Whether the bridge process is down. This is logged once, not for each market that depends on
    /// it.
    /// </summary>
    private bool LookAtBridge()
    {
        if (_parts.Bridge?.Invoke() is not { } bridge)
            return false;
        if (bridge.Running)
            _incidents.End(BridgeIncident, "the exchange bridge is running again");
        else if (bridge.LastFailure is { } failure)
            _incidents.Begin(
                BridgeIncident,
                $"the exchange bridge is not running, so no exchange can be reached: {failure}. It is being restarted"
            );
        return !bridge.Running && bridge.LastFailure is not null;
    }

    private void Report(
        string name,
        FeedState state,
        FeedError? error,
        string withoutError,
        bool neverAnswered,
        bool isBridgeDown
    )
    {
        if (isBridgeDown && IsFailing(state) && error?.Kind == Unavailable)
            return;
        if (!_logged.TryGetValue(name, out var logged))
            _logged[name] = logged = new();
        var isFailing = IsFailing(state);
        logged.HealthyChecks = isFailing ? 0 : logged.HealthyChecks + 1;
        if (state == logged.State)
            return;
        if (IsFailing(logged.State) && (isFailing ? state < logged.State : logged.HealthyChecks < Steady))
            return;
        logged.State = state;
        if (isFailing)
        {
            var reason = error is null ? withoutError : $"{error.Kind}, {error.Message.TrimEnd('.')}";
            _log.LogWarning(
                "{Feed} is {State}: {Error}. Retrying.{Advice}",
                name,
                RemoraJson.NameOf(state),
                reason,
                neverAnswered && _parts.Sandbox is null ? " Without a network, try 'remora serve --sandbox'." : ""
            );
        }
        else if (state != FeedState.Starting)
        {
            _log.LogInformation("{Feed} is {State}", name, RemoraJson.NameOf(state));
        }
    }

    private static bool IsFailing(FeedState state) => state is FeedState.Degraded or FeedState.Unreachable;

    /// <summary>
    /// The last logged state of a feed, and the number of consecutive healthy checks since.
    /// </summary>
    private sealed class LoggedState
    {
        public FeedState State { get; set; } = FeedState.Starting;

        public int HealthyChecks { get; set; }
    }
}
