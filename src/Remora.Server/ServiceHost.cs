using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using Remora.Bots;
using Remora.Bots.Freqtrade;
using Remora.Feeds.Exchanges;
using Remora.Markets;
using Remora.Server.Access;
using Remora.Server.Answers;
using Remora.Server.Grading;
using Remora.Server.Notify;
using Remora.Server.Pairs;
using Remora.Server.Portfolios;
using Remora.Server.Settings;
using Remora.Server.Storage;
using Remora.Server.Streams;
using Remora.Server.Telemetry;

namespace Remora.Server;

/// <summary>
/// The life cycle of the running service: feeds, pump, board and HTTP interface. A background task
/// that fails is restarted and appears in <c>/api/v1/status</c>. The service ends only if the pump
/// fails, which applies all events; <see cref="Completion"/> then contains the error.
/// </summary>
public sealed class ServiceHost : IAsyncDisposable
{
    private readonly ServiceSettings _settings;
    private readonly ServiceParts _parts;
    private readonly WebApplication _app;
    private readonly MarketPump _pump;
    private readonly AddedPairs _added;
    private readonly CorrelationKeeper _correlations;
    private readonly IReadOnlyList<BotWhitelist> _whitelists;
    private readonly IReadOnlyList<BookWatch> _books;
    private readonly KeyUse _use;
    private readonly AvailabilityRecord? _availability;
    private readonly RecordKeeper? _record;
    private readonly BookKeeper? _bookRecord;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stop = new();

    private ServiceHost(ServiceSettings settings, ServiceParts parts, TimeProvider clock)
    {
        _settings = settings;
        _log = parts.Log.CreateLogger<ServiceHost>();
        IReadOnlyList<MarketId> markets = [.. settings.TrackedMarkets.Select(market => market.Id)];
        if (!markets.ToHashSet().SetEquals(parts.Markets.Select(feed => feed.Market)))
            throw new ArgumentException("there must be one feed for each configured market", nameof(parts));
        var signals = parts.Sources.SelectMany(source => source.Health.Signals).Distinct().Order();
        var metrics = new ServiceMetrics();
        Board = new(markets, settings.PoliciesInOrder, clock);
        Streams = new(Board, settings.StreamPatience with { Readers = settings.MaxStreams });
        var engine = new RemoraEngine(settings.PoliciesInOrder, [.. signals], settings.Coefficients);
        _correlations = new(engine.Correlations, parts.Past?.Folder, parts.Log.CreateLogger<CorrelationKeeper>());
        _pump = new(engine, Board, parts.Record, metrics, parts.Past, _correlations);
        if (parts.Record is { } record)
        {
            _record = new(record.Session, markets, clock);
            _record.Register(metrics.Meter);
            parts = parts with { Alarms = [.. parts.Alarms, () => _record.Alarms] };
            // The minutes of a fast clock would be more rows than the store needs
            if (parts.Sandbox is null or { Speed: 1 })
            {
                _availability = new(record.Session, () => Board.HasAnswer, clock);
                parts = parts with { Availability = () => _availability.Current };
            }
        }
        AvailabilityRecord.Register(metrics.Meter, () => _parts!.Availability?.Invoke());
        _parts = parts = parts with { Notifications = Notifications.Of(settings, parts, Board, TimeProvider.System) };
        var live = parts.Live ?? new(settings);
        _added = new(settings, live, parts, Board, _pump, Streams);
        _use = new(settings.DataFolder, settings.RealClock, parts.Log.CreateLogger<KeyUse>());
        _whitelists = [.. settings.Freqtrade.Where(bot => bot.Follow).Select(NewWhitelist)];
        var bookRisk = new BookRisk(Board, _correlations);
        _books = [.. settings.Freqtrade.Where(bot => bot.Follow).Select(bot => NewBook(bot, bookRisk))];
        if (parts.Record is { } books)
            _bookRecord = new(books.Session, markets, Board, bookRisk, clock);
        _app = new HttpInterface(
            settings,
            parts,
            Board,
            Streams,
            metrics,
            _added,
            _whitelists,
            _correlations,
            bookRisk,
            _books,
            _use,
            live
        ).Build();
    }

    /// <summary>The address of the service, for example <c>http://127.0.0.1:8000</c>.</summary>
    public string Url { get; private set; } = "";

    internal AddedPairs Added => _added;

    /// <summary>The assessments that the service returns.</summary>
    public AssessmentBoard Board { get; }

    internal StreamHub Streams { get; }

    /// <summary>
    /// Completes when the service has stopped. Faulted if the service ended with an error.
    /// </summary>
    public Task Completion { get; private set; } = Task.CompletedTask;

    /// <summary>
    /// Starts the service. It answers when this method returns, regardless of the state of the
    /// outside world.
    /// </summary>
    /// <param name="settings">The validated settings.</param>
    /// <param name="parts">The parts that the service uses. The caller disposes of them.</param>
    /// <param name="clock">The clock of the service.</param>
    /// <param name="cancellation">Cancels the start.</param>
    /// <exception cref="IOException">The port is in use.</exception>
    public static async Task<ServiceHost> StartAsync(
        ServiceSettings settings,
        ServiceParts parts,
        TimeProvider clock,
        CancellationToken cancellation = default
    )
    {
        var host = new ServiceHost(settings, parts, clock);
        try
        {
            await host.ListenAsync(cancellation);
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
        host.Completion = host.RunAsync();
        return host;
    }

    /// <summary>
    /// Requests the end of the service. <see cref="Completion"/> completes when it has ended.
    /// </summary>
    public void Stop() => _stop.Cancel();

    /// <summary>Stops the service.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Completion.ContinueWith(_ => { }, TaskScheduler.Default);
        await _app.DisposeAsync();
        _added.Dispose();
        _stop.Dispose();
    }

    private async Task ListenAsync(CancellationToken cancellation)
    {
        _pump.PublishAll(); // the first answers report which sources are missing
        await _app.StartAsync(cancellation);
        Url = _app.Urls.Single();
        if (!_settings.AnswersAnonymous || HostGate.Checks(_settings))
            return;
        _log.LogWarning(
            "The service answers requests without a key for any host name, so a web page can read the answers "
                + "through its visitor's browser. Set allowed_hosts to the host names that callers use."
        );
    }

    private async Task RunAsync()
    {
        var tasks = new List<Task>();
        try
        {
            if (_parts.Calendar?.Prepare() is { } dates)
                _pump.Recall(dates);
            if (_parts.Record is { } record)
                await WarmStartAsync(record);
            tasks.AddRange(StartTasks());
            // Not restarted: the model of a market that failed halfway is unreliable.
            await _parts.Supervisor.RunOnceAsync("pump", _pump.RunAsync, _stop.Token);
        }
        catch (Exception e)
        {
            _log.LogCritical(e, "Fatal error; shutting down");
            throw;
        }
        finally
        {
            await _stop.CancelAsync();
            await Task.WhenAll(tasks);
            await _added.EndAsync();
            _correlations.SaveLast();
            await _app.StopAsync(CancellationToken.None);
        }
    }

    /// <summary>Applies what was stored before feeds start.</summary>
    private async Task WarmStartAsync(MarketRecord record)
    {
        IReadOnlyList<Observation> stored;
        try
        {
            stored = await record.RecallOutsideAsync(Board.Markets, Board.Policies[0].Name, _stop.Token);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            return;
        }
        _pump.Recall(stored);
        foreach (var source in _parts.Sources)
            source.Recall(stored);
    }

    private IEnumerable<Task> StartTasks() =>
        [
            .. _parts.Markets.Select(feed => Start($"feed {feed.Market}", stop => feed.RunAsync(_pump.Events, stop))),
            .. _parts.Sources.Select(feed => Start($"source {feed.Name}", stop => feed.RunAsync(_pump.Events, stop))),
            _parts.Calendar is { } calendar
                ? Start("calendar", stop => calendar.RunAsync(_pump.Events, stop))
                : Task.CompletedTask,
            _record is { } record ? Start("track record", record.RunAsync) : Task.CompletedTask,
            _bookRecord is { } books ? Start("record of books", books.RunAsync) : Task.CompletedTask,
            _availability is { } availability ? Start("availability", availability.RunAsync) : Task.CompletedTask,
            _parts.Past is { } past ? Start("states of forecasts", past.RunAsync) : Task.CompletedTask,
            Start("correlations", _correlations.RunAsync),
            Streams.RunAsync(_parts.Supervisor, _stop.Token),
            Start("added pairs", _added.RunAsync),
            Start("last use of keys", _use.RunAsync),
            .. _whitelists.Select(whitelist => Start(whitelist.Name, whitelist.RunAsync)),
            .. _books.Select(book => Start(book.Name, book.RunAsync)),
            .. StartNotifiers(),
        ];

    /// <summary>
    /// Starts the notifiers, if any is configured. They use real time even in a sandbox, because
    /// bots do.
    /// </summary>
    private IEnumerable<Task> StartNotifiers()
    {
        var locked = _settings.Freqtrade.Where(bot => bot.Lock).ToList();
        if (locked.Count + _settings.Webhooks.Count == 0 && _parts.Notifications is null)
            return [];
        var verdicts = new VerdictBoard();
        var notifiers = new Notifiers(locked, _settings.Webhooks, verdicts, TimeProvider.System, _parts.Log);
        return
        [
            notifiers.RunAsync(_parts.Supervisor, _stop.Token),
            _parts.Notifications?.RunAsync(verdicts, _parts.Supervisor, _stop.Token) ?? Task.CompletedTask,
            Start("verdicts for bots", new VerdictFeed(Board, verdicts).RunAsync),
        ];
    }

    private BotWhitelist NewWhitelist(FreqtradeBot bot) =>
        new(
            bot,
            async (pairs, cancellation) =>
            {
                try
                {
                    await _added.AskAsync(pairs, bot.ToString(), cancellation);
                    return null;
                }
                catch (ExchangeException e)
                {
                    return e.Message;
                }
            },
            TimeProvider.System,
            _parts.Log.CreateLogger<BotWhitelist>()
        );

    private BookWatch NewBook(FreqtradeBot bot, BookRisk books) =>
        new(
            bot,
            books,
            Board,
            _settings,
            _parts.Record?.Session,
            notice => _parts.Notifications?.PostBook(notice),
            TimeProvider.System,
            _parts.Log.CreateLogger<BookWatch>()
        );

    private Task Start(string name, Func<CancellationToken, Task> run) =>
        _parts.Supervisor.RunAsync(name, run, _stop.Token);
}
