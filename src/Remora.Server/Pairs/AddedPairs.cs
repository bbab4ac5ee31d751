using Microsoft.Extensions.Logging;
using Remora.Feeds;
using Remora.Feeds.Exchanges;
using Remora.Markets;
using Remora.Server.Answers;
using Remora.Server.Settings;
using Remora.Server.Streams;
using Remora.Supervision;

namespace Remora.Server.Pairs;

/// <summary>
/// Adds and drops pairs at run time, besides the configured ones, which are never dropped. A pair
/// stays while somebody asks for it: a bot by its whitelist, a caller by a request that names it, a
/// reader of the stream that named it. All times are real, because bots live in real time.
/// </summary>
internal sealed class AddedPairs(
    ServiceSettings settings,
    LiveSettings live,
    ServiceParts parts,
    AssessmentBoard board,
    MarketPump pump,
    StreamHub streams
) : IDisposable
{
    /// <summary>How long a pair stays after somebody last asked for it.</summary>
    public static readonly TimeSpan KeptFor = TimeSpan.FromDays(1);

    /// <summary>
    /// How long nobody must have asked for a pair before it makes room for another one.
    /// </summary>
    public static readonly TimeSpan IdleAfter = TimeSpan.FromMinutes(10);

    private const int MostRefused = 1000;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly List<Entry> _entries = [];
    private readonly Dictionary<string, RefusedPair> _refused = [];
    private readonly SemaphoreSlim _changing = new(1);
    private readonly TaskCompletionSource<CancellationToken> _started = new(
        TaskCreationOptions.RunContinuationsAsynchronously
    );
    private readonly ILogger _log = parts.Log.CreateLogger<AddedPairs>();
    private readonly TimeProvider _clock = settings.RealClock;

    /// <summary>The added pairs, in the order in which they were added.</summary>
    public IReadOnlyList<AddedPair> Pairs
    {
        get
        {
            lock (_lock)
                return [.. _entries.Select(entry => new AddedPair(entry.Market.Pair, entry.By, entry.At, entry.Asked))];
        }
    }

    /// <summary>The pairs that were asked for lately and are not tracked, by name.</summary>
    public IReadOnlyList<RefusedPair> Refused
    {
        get
        {
            lock (_lock)
                return [.. _refused.Values.OrderBy(refused => refused.Pair, StringComparer.Ordinal)];
        }
    }

    /// <summary>The fallbacks of added pairs are those of the configured ones.</summary>
    public IReadOnlyList<TrackedMarketSettings> Markets
    {
        get
        {
            lock (_lock)
                return [.. _entries.Select(entry => new TrackedMarketSettings(entry.Market, settings.Fallbacks))];
        }
    }

    /// <summary>
    /// Drops pairs that nobody asks for, until it is canceled. It may run several times; added
    /// pairs stay.
    /// </summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        _started.TrySetResult(cancellation);
        using var timer = new PeriodicTimer(Interval, _clock);
        while (await timer.WaitForNextTickAsync(cancellation))
            await DropUnaskedAsync(cancellation);
    }

    /// <summary>Call it after the service has ended.</summary>
    public void Dispose() => _changing.Dispose();

    /// <summary>Waits for the feeds of added pairs. Call it after they were stopped.</summary>
    public Task EndAsync()
    {
        lock (_lock)
            return Task.WhenAll(_entries.Select(entry => entry.Running));
    }

    /// <summary>
    /// Asks for pairs: tracks those that are not tracked yet, within the limit. Waits for the start
    /// of the service, and for other changes.
    /// </summary>
    /// <param name="names">The pairs. Invalid names are refused like unlisted pairs.</param>
    /// <param name="by">Who asks, for the status and the log.</param>
    /// <param name="cancellation">Cancels the request; pairs added until then stay.</param>
    /// <exception cref="ExchangeException">The exchange does not answer whether it lists a
    /// pair.</exception>
    public async Task<IReadOnlyList<AskedPair>> AskAsync(
        IReadOnlyList<string> names,
        string by,
        CancellationToken cancellation
    )
    {
        var stop = await _started.Task.WaitAsync(cancellation);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, cancellation);
        await _changing.WaitAsync(either.Token);
        try
        {
            return await AskInTurnAsync(names, by, stop, either.Token);
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>
    /// Drops an added pair. Returns false if the pair was not added at run time.
    /// </summary>
    public async Task<bool> DropAsync(Pair pair, CancellationToken cancellation)
    {
        var stop = await _started.Task.WaitAsync(cancellation);
        await _changing.WaitAsync(cancellation);
        try
        {
            if (EntryOf(pair) is not { } entry)
                return false;
            await DropInTurnAsync(entry, stop);
            return true;
        }
        finally
        {
            _changing.Release();
        }
    }

    private async Task<IReadOnlyList<AskedPair>> AskInTurnAsync(
        IReadOnlyList<string> names,
        string by,
        CancellationToken stop,
        CancellationToken cancellation
    )
    {
        NoteAsked();
        var now = _clock.GetUtcNow();
        var asked = new List<AskedPair>(names.Count);
        var news = new List<AskedPair>();
        var wanted = new List<MarketId>();
        ExchangeException? unavailable = null;
        foreach (var name in names.Distinct())
        {
            if (!Pair.TryParse(name, out var pair))
            {
                asked.Add(Refuse(name, by, "not a pair such as BTC/USDT", news));
                continue;
            }
            if (board.MarketsOf(pair.ToString()).Length > 0)
            {
                lock (_lock)
                    EntryOf(pair)?.Asked = now;
                asked.Add(new(pair.ToString(), Tracked: true, null));
                continue;
            }
            var market = new MarketId(settings.Exchange, pair, settings.Timeframe);
            try
            {
                var refusal = await RefusalOfAsync(market, wanted.Count, stop, cancellation);
                asked.Add(
                    refusal is null ? new(pair.ToString(), true, null) : Refuse(pair.ToString(), by, refusal, news)
                );
                if (refusal is null)
                    wanted.Add(market);
            }
            catch (ExchangeException e)
            {
                unavailable = e; // the pairs found so far are added all the same
                break;
            }
        }
        if (wanted.Count > 0)
            await AddAsync(wanted, by, stop, cancellation);
        foreach (var group in news.GroupBy(refused => refused.Reason))
            _log.LogWarning(
                "{By} asks for pairs that are not tracked, {Reason}: {Pairs}",
                by,
                group.Key,
                Named(group.Select(refused => refused.Pair))
            );
        return unavailable is null ? asked : throw unavailable;
    }

    /// <summary>Returns why a market cannot be added; null if it can.</summary>
    private async Task<string?> RefusalOfAsync(
        MarketId market,
        int others,
        CancellationToken stop,
        CancellationToken cancellation
    )
    {
        if (parts.MoreMarkets is not { } source)
            return "this service cannot add pairs";
        if (!await source.ListsAsync(market, cancellation))
            return $"not listed on {market.Exchange}";
        if (_entries.Count + others < live.Current.MaxAddedPairs)
            return null;
        var idle = _entries.MinBy(entry => entry.Asked);
        if (idle is null || _clock.GetUtcNow() - idle.Asked < IdleAfter)
            return $"the limit of {live.Current.MaxAddedPairs} added pairs is reached (max_added_pairs)";
        await DropInTurnAsync(idle, stop);
        _log.LogInformation("{Pair} is dropped to make room for {Other}", idle.Market.Pair, market.Pair);
        return null;
    }

    private async Task AddAsync(
        IReadOnlyList<MarketId> markets,
        string by,
        CancellationToken stop,
        CancellationToken cancellation
    )
    {
        if (parts.Record is { } record)
            await record.RecallAssessmentsAsync(markets, board.Policies[0].Name, cancellation);
        foreach (var market in markets)
        {
            await pump.ChangeAsync(market, MarketChange.Tracked, stop); // not canceled before its feed starts
            var feed = parts.MoreMarkets!.FeedOf(new(market, settings.Fallbacks));
            var ends = CancellationTokenSource.CreateLinkedTokenSource(stop);
            var running = parts.Supervisor.RunAsync(
                $"feed {market}",
                token => feed.RunAsync(pump.Events, token),
                ends.Token
            );
            parts.Markets.Add(feed);
            lock (_lock)
            {
                _entries.Add(new(market, by, _clock.GetUtcNow(), feed, running, ends));
                _refused.Remove(market.Pair.ToString());
            }
        }
        _log.LogInformation("{By} added {Pairs}", by, Named(markets.Select(market => market.Pair.ToString())));
    }

    private async Task DropInTurnAsync(Entry entry, CancellationToken stop)
    {
        await entry.Ends.CancelAsync();
        await entry.Running;
        entry.Ends.Dispose();
        parts.Markets.Remove(entry.Feed);
        lock (_lock)
            _entries.Remove(entry);
        await pump.ChangeAsync(entry.Market, MarketChange.Dropped, stop);
    }

    private async Task DropUnaskedAsync(CancellationToken cancellation)
    {
        await _changing.WaitAsync(cancellation);
        try
        {
            NoteAsked();
            var now = _clock.GetUtcNow();
            var dropped = _entries.Where(entry => now - entry.Asked >= KeptFor).ToList();
            foreach (var entry in dropped)
                await DropInTurnAsync(entry, cancellation);
            if (dropped.Count > 0)
                _log.LogInformation(
                    "Nobody asked for a day: {Pairs} dropped",
                    Named(dropped.Select(entry => entry.Market.Pair.ToString()))
                );
            lock (_lock)
                foreach (var old in _refused.Values.Where(refused => now - refused.AskedAt >= IdleAfter).ToList())
                    _refused.Remove(old.Pair);
        }
        finally
        {
            _changing.Release();
        }
    }

    private void NoteAsked()
    {
        var now = _clock.GetUtcNow();
        var named = streams.Named();
        lock (_lock)
            foreach (var entry in _entries)
                if (board.TakeAsked(entry.Market) || named.Contains(entry.Market))
                    entry.Asked = now;
    }

    private AskedPair Refuse(string name, string by, string reason, List<AskedPair> news)
    {
        var refused = new AskedPair(name, Tracked: false, reason);
        lock (_lock)
        {
            var known = _refused.GetValueOrDefault(name);
            if (known is not null || _refused.Count < MostRefused)
                _refused[name] = new(name, by, reason, _clock.GetUtcNow());
            if (known?.Reason != reason)
                news.Add(refused);
        }
        return refused;
    }

    private Entry? EntryOf(Pair pair) => _entries.Find(entry => entry.Market.Pair == pair);

    /// <summary>Names up to ten pairs, so that a log line stays one line.</summary>
    private static string Named(IEnumerable<string> pairs)
    {
        const int most = 10;
        var all = pairs.ToList();
        var first = string.Join(", ", all.Take(most));
        return all.Count > most ? $"{first} and {all.Count - most} more" : first;
    }

    /// <summary>
    /// An added market. Entries are added and removed by one change at a time.
    /// </summary>
    private sealed record Entry(
        MarketId Market,
        string By,
        DateTimeOffset At,
        IMarketFeed Feed,
        Task Running,
        CancellationTokenSource Ends
    )
    {
        public DateTimeOffset Asked { get; set; } = At;
    }
}
