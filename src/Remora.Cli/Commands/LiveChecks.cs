using System.Globalization;
using Remora.Feeds;
using Remora.Feeds.Candles;
using Remora.Feeds.Derivatives;
using Remora.Feeds.Exchanges;
using Remora.Feeds.Http;
using Remora.Feeds.News;
using Remora.Markets;
using Remora.Server.Settings;

namespace Remora.Cli.Commands;

/// <summary>
/// The checks of <c>remora doctor --live</c>: whether each exchange and source of the settings
/// answers, which fallback serves where one does not, and whether candles are equal when they are
/// requested again.
/// </summary>
internal sealed class LiveChecks(
    ServiceSettings settings,
    CcxtBridge bridge,
    HttpClient http,
    Uri? sandbox,
    TimeProvider clock
)
{
    private static readonly TimeSpan StreamDeadline = TimeSpan.FromSeconds(30);

    /// <summary>Checks all of them at the same time.</summary>
    public async Task<IReadOnlyList<Finding>> RunAsync(CancellationToken cancellation)
    {
        var exchanges = ExchangesAsync(cancellation);
        if (!settings.Sources)
            return [.. await exchanges, new("sources", null, "not checked: the setting 'sources' is false")];
        var bases = settings.TrackedMarkets.Select(market => market.Id.Pair.Base).Distinct().ToList();
        var sources = Task.WhenAll([
            .. HttpSources
                .Chains(settings.DollarSource, settings.Keys)
                .Select(chain => ChainAsync(chain[0].Name, chain, cancellation)),
            .. bases.Select(name => PerpetualAsync(name, cancellation)),
            NewsAsync(cancellation),
            .. settings.Keys.Coinglass is { } key
                ? bases.Select(name => ChainAsync($"coinglass-{name}", [Coinglass.Source(name, key)], cancellation))
                : [LiquidationsAsync(bases, cancellation)],
        ]);
        return [.. await exchanges, .. await sources];
    }

    /// <summary>
    /// Checks each exchange: the list of its markets, and the candles of the first market that uses
    /// it. An exchange that fails is a note if a fallback serves all of its markets.
    /// </summary>
    private async Task<IReadOnlyList<Finding>> ExchangesAsync(CancellationToken cancellation)
    {
        var uses = settings
            .TrackedMarkets.SelectMany(market =>
                market
                    .Fallbacks.Select(other => new Use(other.Exchange, other.Pair ?? market.Id.Pair, market.Id))
                    .Prepend(new Use(market.Id.Exchange, market.Id.Pair, market.Id))
            )
            .GroupBy(use => use.Exchange)
            .ToList();
        var results = (
            await Task.WhenAll(uses.Select(of => ExchangeAsync(of.Key, [.. of], cancellation)))
        ).ToDictionary(result => result.Exchange);
        return [.. results.Values.Select(result => new Finding(result.Exchange, GoodOf(result), TextOf(result)))];

        bool? GoodOf(Result result) =>
            result.Error is null && result.Doubt is null ? true
            : OwnMarkets(result).All(market => Serving(market) is not null) ? null
            : false;

        string TextOf(Result result)
        {
            if (result.Error is not { } error)
                return result.Doubt ?? result.Text;
            var served = OwnMarkets(result)
                .Select(market =>
                    Serving(market) is { } other
                        ? $"{other} serves {market.Id.Pair}"
                        : $"no fallback serves {market.Id.Pair}: add one to the setting 'fallbacks'"
                );
            return string.Join("; ", served.Prepend(Failure(error.Kind, error.Message)));
        }

        IEnumerable<TrackedMarketSettings> OwnMarkets(Result result) =>
            settings.TrackedMarkets.Where(market => market.Id.Exchange == result.Exchange);

        FallbackMarket? Serving(TrackedMarketSettings market) =>
            market.Fallbacks.FirstOrDefault(other => results[other.Exchange] is { Error: null, Doubt: null });
    }

    private async Task<Result> ExchangeAsync(string id, IReadOnlyList<Use> uses, CancellationToken cancellation)
    {
        try
        {
            var exchange = bridge.Exchange(id);
            var symbols = await exchange.MarketsAsync(cancellation);
            var missing = uses.Select(use => use.Pair).Where(pair => !symbols.Contains(pair.ToString())).ToList();
            var text = $"reachable, with {symbols.Count} spot markets";
            if (missing.Count > 0)
                return new(id, text)
                {
                    Doubt = $"does not list {string.Join(", ", missing.Distinct())}: check 'pairs' and 'fallbacks'",
                };
            var (pair, market) = (uses[0].Pair, uses[0].Market);
            var trial = await CandleTrial.RunAsync(exchange, pair, market.Timeframe, clock, cancellation);
            var candles = $"{trial.Candles} candles of {pair} {market.Timeframe}";
            return trial switch
            {
                { Newest: null } => new(id, text) { Doubt = $"{text}; no closed candles of {pair} {market.Timeframe}" },
                { FirstDifference: { } first } => new(id, text)
                {
                    Doubt =
                        $"{text}; {trial.Different} of {candles} differ on a second fetch, the first that of {first}",
                },
                _ => new(id, $"{text}; {candles} until {trial.Newest}, equal on a second fetch"),
            };
        }
        catch (ExchangeException e)
        {
            return new(id, "")
            {
                Error = new(ExchangeException.NameOf(e.Kind), e.Message, Instant.From(clock.GetUtcNow())),
            };
        }
    }

    /// <summary>Requests a source, and its fallbacks while they fail.</summary>
    private async Task<Finding> ChainAsync(string name, IReadOnlyList<HttpSource> chain, CancellationToken cancellation)
    {
        List<(string Part, SourceTrial Trial)> trials = [];
        foreach (var source in chain)
        {
            var feed = new HttpSourceFeed(source, http, new() { BaseUrl = sandbox }, clock);
            trials.Add((source.Name, await feed.TryAsync(cancellation)));
            if (trials[^1].Trial.Error is null)
                break;
        }
        return FindingOf(name, trials);
    }

    private async Task<Finding> PerpetualAsync(string contract, CancellationToken cancellation)
    {
        var exchanges = PerpetualFeed.DefaultExchanges;
        var feed = new PerpetualFeed(contract, [.. exchanges.Select(bridge.Exchange)], clock: clock);
        var trials = await feed.TryAsync(cancellation);
        return FindingOf($"perpetual-{contract}", [.. exchanges.Zip(trials)]);
    }

    /// <summary>
    /// Returns what the last of several attempts gave, and why the earlier ones failed.
    /// </summary>
    private static Finding FindingOf(string name, IReadOnlyList<(string Part, SourceTrial Trial)> trials)
    {
        var failures = trials
            .Where(attempt => attempt.Trial.Error is not null)
            .Select(attempt =>
            {
                var (origin, message) = (attempt.Part, attempt.Trial.Error!.Message);
                message = message.StartsWith(origin + ": ", StringComparison.Ordinal)
                    ? message[(origin.Length + 2)..]
                    : message;
                return (origin == name ? "" : origin + " ") + Failure(attempt.Trial.Error.Kind, message);
            })
            .ToList();
        var (part, last) = trials[^1];
        if (last.Error is not null)
            return new(name, false, string.Join("; ", failures));
        var values = string.Join(
            ", ",
            last.Readings.GroupBy(reading => reading.Signal)
                .Select(of => of.MaxBy(reading => reading.HeldAt))
                .Select(reading =>
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{RemoraJson.NameOf(reading.Signal)} {reading.Value} of {reading.HeldAt}"
                    )
                )
        );
        values = values.Length > 0 ? values : "no value";
        return failures.Count == 0
            ? new(name, last.Readings.Count > 0 ? true : null, $"reachable; {values}")
            : new(name, null, $"{string.Join("; ", failures)}; {part} serves: {values}");
    }

    private async Task<Finding> NewsAsync(CancellationToken cancellation)
    {
        var (outlets, report) = await new NewsFeed([], http, settings.Keys, NewsFeed.Options(sandbox), clock).TryAsync(
            cancellation
        );
        var failed = outlets.Where(outlet => outlet.Error is not null).ToList();
        var text =
            $"{outlets.Count - failed.Count} of {outlets.Count} outlets reachable, {report.Headlines.Count} headlines";
        return new(
            "news",
            failed.Count == 0 ? true
                : failed.Count < outlets.Count ? null
                : false,
            string.Join("; ", failed.Select(outlet => Failure(outlet.Error!.Kind, outlet.Error.Message)).Prepend(text))
        );
    }

    /// <summary>Opens the stream of each exchange until one is open.</summary>
    private async Task<Finding> LiquidationsAsync(IReadOnlyList<string> bases, CancellationToken cancellation)
    {
        List<string> failures = [];
        foreach (var id in LiquidationFeed.DefaultExchanges)
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            limit.CancelAfter(StreamDeadline);
            try
            {
                var symbols = bases.Select(name => $"{name}/USDT:USDT").ToList();
                await foreach (var message in bridge.Exchange(id).LiquidationsAsync(symbols, limit.Token))
                    if (message.Kind == LiquidationEventKind.Opened)
                        return new(
                            "liquidations",
                            failures.Count == 0 ? true : null,
                            string.Join("; ", failures.Append($"the stream of {id} is open"))
                        );
                failures.Add($"{id}: the stream ended");
            }
            catch (ExchangeException e)
            {
                failures.Add($"{id} {Failure(ExchangeException.NameOf(e.Kind), e.Message)}");
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                failures.Add($"{id}: the stream did not open within {StreamDeadline.TotalSeconds:0} s");
            }
        }
        return new("liquidations", false, string.Join("; ", failures));
    }

    private static string Failure(string kind, string message) =>
        kind == ExchangeException.NameOf(ExchangeErrorKind.Restricted)
            ? $"refuses requests from this region: {message}"
            : $"{kind}: {message}";

    /// <summary>A market that an exchange serves, or stands in for.</summary>
    private sealed record Use(string Exchange, Pair Pair, MarketId Market);

    /// <summary>
    /// What an exchange answered. <c>Error</c> is why it did not; <c>Doubt</c> what is wrong with
    /// the answer.
    /// </summary>
    private sealed record Result(string Exchange, string Text)
    {
        public FeedError? Error { get; init; }

        public string? Doubt { get; init; }
    }
}
