using System.Diagnostics.Metrics;
using Remora.Backtest.Forecasts;
using Remora.Forecasts;
using Remora.Markets;
using Remora.Server.Notify;
using Remora.Server.Telemetry;
using Remora.Store;
using Remora.Store.Tables;

namespace Remora.Server.Grading;

/// <summary>
/// Keeps what the track record needs: fits the models that forecasts are compared with, once a week
/// and market, and tests the claims of the forecasts once an hour. All times are those of the
/// service's clock.
/// </summary>
/// <param name="session">The session of the store. The caller disposes of it.</param>
/// <param name="markets">The tracked markets.</param>
/// <param name="clock">The service's clock.</param>
internal sealed class RecordKeeper(StoreSession session, IReadOnlyList<MarketId> markets, TimeProvider clock)
{
    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30); // of one market
    private static readonly TimeSpan FitAge = TimeSpan.FromDays(7);
    private static readonly TimeSpan FitPast = TimeSpan.FromDays(2 * 365);
    private volatile IReadOnlyDictionary<MarketId, RecordAlarmState> _alarms =
        new Dictionary<MarketId, RecordAlarmState>();

    private sealed record RecordAlarmState(Instant Until, bool IsRaised, double Evidence);

    /// <summary>One alarm for each market whose record contradicts the claims.</summary>
    public IEnumerable<ServiceAlarm> Alarms =>
        from alarm in _alarms
        where alarm.Value.IsRaised
        select new ServiceAlarm(
            $"track record {alarm.Key}",
            $"The track record of {alarm.Key} contradicts the claims of its forecasts: "
                + $"/api/v1/scorecard?pair={alarm.Key.Pair} names the days."
        );

    /// <summary>Adds the instruments to the service's meter.</summary>
    public void Register(Meter meter)
    {
        Gauge(
            "remora.record.alarm",
            "Whether the track record contradicts the forecasts' claims this year: 1 or 0.",
            alarm => alarm.IsRaised ? 1 : 0
        );
        Gauge(
            "remora.record.evidence",
            "Evidence of the track record against the forecasts' claims; 1 without any.",
            alarm => alarm.Evidence
        );

        void Gauge(string name, string help, Func<RecordAlarmState, double> value) =>
            meter.CreateFiniteGauge(
                name,
                () =>
                    _alarms.Select(alarm => new Measurement<double>(
                        value(alarm.Value),
                        new("exchange", alarm.Key.Exchange),
                        new("pair", alarm.Key.Pair.ToString()),
                        new KeyValuePair<string, object?>("timeframe", alarm.Key.Timeframe.Name)
                    )),
                null,
                help
            );
    }

    /// <summary>Runs until it is canceled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        while (!await session.IsReadyWithinAsync(Patience, cancellation)) { }
        using var timer = new PeriodicTimer(Interval, clock);
        do
        {
            var alarms = new Dictionary<MarketId, RecordAlarmState>();
            foreach (var market in markets.Where(market => market.Timeframe.Length <= Timeframe.OneHour.Length))
                if (await KeepAsync(market, cancellation) is { } alarm)
                    alarms[market] = alarm;
            _alarms = alarms;
        } while (await timer.WaitForNextTickAsync(cancellation));
    }

    private async Task<RecordAlarmState?> KeepAsync(MarketId market, CancellationToken cancellation)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(Patience);
        try
        {
            var record = session.Store.Record;
            var now = Instant.From(clock.GetUtcNow());
            if (
                session.Recorder.Recording.Here
                && (await record.NewestFitAsync(market, deadline.Token) is not { } newest || newest <= now - FitAge)
            )
                await FitAsync(record, market, now, deadline.Token);
            var until = RecordGrader.EndOfDays(now);
            if (_alarms.TryGetValue(market, out var known) && known.Until == until)
                return known;
            var since = await record.SinceAsync(market, deadline.Token);
            var alarm = await new RecordGrader(record).AlarmAsync(market, since, now, deadline.Token);
            return new(until, alarm.Raised, alarm.Evidence);
        }
        catch (Exception e) when (StoreFault.Is(e, cancellation))
        {
            session.Report(e);
            return null; // unknown now: absent
        }
    }

    /// <summary>
    /// Fits the rivals of a market and stores them, if there are enough hours. They are used from
    /// the next full hour on, so they have seen no outcome that they are compared with.
    /// </summary>
    internal static async Task FitAsync(
        ForecastRecord record,
        MarketId market,
        Instant now,
        CancellationToken cancellation
    )
    {
        var end = now.Floor(TimeSpan.FromHours(1));
        var hours = await record.HoursAsync(market, end - FitPast, end, cancellation);
        (Instant, double)[] whole = [.. hours.Select(hour => (hour.Time, hour.Squares))];
        var fits = Horizon
            .All.SelectMany(horizon =>
                RivalFit
                    .Of(whole, horizon)
                    .Select(fit => new RivalFitRow(
                        market,
                        fit.Model,
                        horizon,
                        end + TimeSpan.FromHours(1),
                        fit.Intercept,
                        fit.Inputs,
                        fit.Season,
                        fit.Smear,
                        fit.Hours
                    ))
            )
            .ToList();
        if (fits.Count > 0)
            await record.AddAsync(fits, cancellation);
    }
}
