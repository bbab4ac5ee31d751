using System.Diagnostics.Metrics;
using Remora.Feeds;
using Remora.Markets;
using Remora.Regimes;
using Remora.Risk;
using Remora.Server.Answers;
using Remora.Server.Streams;
using Remora.Supervision;
using Remora.Volatility;

namespace Remora.Server.Telemetry;

/// <summary>
/// Gauges of the answers by the default policy for the long side. There is one series per tracked
/// market.
/// </summary>
internal static class MarketGauges
{
    private static readonly AssessmentState[] States = Enum.GetValues<AssessmentState>();
    private static readonly string[] Regimes = [.. Enum.GetValues<Regime>().Select(RemoraJson.NameOf)];

    public static void Register(Meter meter, AssessmentBoard board)
    {
        Gauge(
            "remora.risk.score",
            "Risk score from 0 to 1, higher is riskier; absent while unknown.",
            a => a.RiskScore
        );
        Gauge("remora.risk.confidence", "Confidence of the assessment, from 0 to 1.", a => a.RiskConfidence);
        Gauge("remora.volatility.score", "Volatility score from 0 to 1; absent while unknown.", a => a.Volatility);
        Gauge(
            "remora.position.scale",
            "Recommended share of a full position, from 0 to 1; absent while unknown.",
            a => a.PositionScale
        );
        Gauge("remora.safe.to.trade", "Whether entries are allowed: 1 or 0.", a => a.SafeToTrade ? 1 : 0);
        Gauge("remora.stale", "Whether the last candle is too old: 1 or 0.", a => a.Stale ? 1 : 0);
        Gauge("remora.warm.up.ratio", "Progress of the warm-up, from 0 to 1.", a => a.WarmUp);
        Gauge(
            "remora.candle.age",
            "Seconds since the close of the last candle used, by the service's clock; absent before the first.",
            a => a.AgeSeconds,
            "s"
        );
        meter.CreateObservableGauge(
            "remora.state",
            () =>
                All(board)
                    .SelectMany(a =>
                        States.Select(state => new Measurement<double>(
                            a.State == state ? 1 : 0,
                            [.. Tags(a), new("state", RemoraJson.NameOf(state))]
                        ))
                    ),
            null,
            "1 for the state of the assessment, 0 for the others."
        );
        meter.CreateObservableGauge(
            "remora.regime",
            () =>
                All(board)
                    .SelectMany(a =>
                        Regimes.Select(name => new Measurement<double>(
                            a.Regime is { } regime && RemoraJson.NameOf(regime) == name ? 1 : 0,
                            [.. Tags(a), new("regime", name)]
                        ))
                    ),
            null,
            "1 for the regime of the market, 0 for the others."
        );
        PerClass("remora.volatility.class", Enum.GetValues<VolatilityClass>(), a => a.VolatilityClassification);
        PerClass("remora.trend.class", Enum.GetValues<TrendClass>(), a => a.TrendClassification);
        meter.CreateObservableGauge(
            "remora.flag",
            () =>
                All(board)
                    .SelectMany(a =>
                        Enum.GetValues<RiskFlag>()
                            .Where(flag => a.EventFlags[flag] is not null)
                            .Select(flag => new Measurement<double>(
                                a.EventFlags[flag] == true ? 1 : 0,
                                [.. Tags(a), new("flag", EventFlags.NameOf(flag))]
                            ))
                    ),
            null,
            "Whether a flag is raised: 1 or 0; absent while unknown."
        );
        meter.CreateObservableGauge(
            "remora.blocked",
            () =>
                All(board)
                    .SelectMany(a => a.BlockedBy.Select(by => new Measurement<double>(1, [.. Tags(a), new("by", by)]))),
            null,
            "1 for each reason that blocks entries; absent if there is none."
        );

        void PerClass<T>(string name, T[] classes, Func<Assessment, T?> value)
            where T : struct, Enum =>
            meter.CreateObservableGauge(
                name,
                () =>
                    All(board)
                        .SelectMany(a =>
                            classes.Select(each => new Measurement<double>(
                                value(a) is { } current && current.Equals(each) ? 1 : 0,
                                [.. Tags(a), new("class", RemoraJson.NameOf(each))]
                            ))
                        ),
                null,
                "1 for the class of the market, 0 for the others; 0 for all while it is unknown."
            );
        void Gauge(string name, string help, Func<Assessment, double> value, string? unit = null) =>
            meter.CreateFiniteGauge(
                name,
                () => All(board).Select(a => new Measurement<double>(value(a), Tags(a))),
                unit,
                help
            );
    }

    private static IEnumerable<Assessment> All(AssessmentBoard board) =>
        board.All.Select(market => market.Latest(0).At(board.Now, Side.Long));

    private static KeyValuePair<string, object?>[] Tags(Assessment a) => Tags(a.Exchange, a.Pair, a.Timeframe);

    internal static KeyValuePair<string, object?>[] Tags(string exchange, Pair pair, Timeframe timeframe) =>
        [new("exchange", exchange), new("pair", pair.ToString()), new("timeframe", timeframe.Name)];
}

/// <summary>Gauges of the event stream.</summary>
internal static class StreamGauges
{
    public static void Register(Meter meter, StreamHub streams)
    {
        meter.CreateObservableGauge(
            "remora.stream.readers",
            () => streams.Readers,
            null,
            "Readers of the event stream."
        );
        meter.CreateObservableCounter(
            "remora.stream.dropped",
            () => streams.Dropped,
            null,
            "Readers that were dropped because they accepted no data."
        );
        meter.CreateObservableCounter(
            "remora.stream.changes",
            () => streams.Changes,
            null,
            "Changes that were sent to readers of the event stream."
        );
    }
}

/// <summary>Gauges of the background tasks.</summary>
internal static class TaskGauges
{
    public static void Register(Meter meter, Supervisor supervisor)
    {
        meter.CreateObservableGauge(
            "remora.task.up",
            () =>
                supervisor.Tasks.Select(task => new Measurement<int>(
                    task.State == SupervisedState.Running ? 1 : 0,
                    Tag(task)
                )),
            null,
            "Whether a background task runs: 1, or 0 while it waits for its restart."
        );
        meter.CreateObservableCounter(
            "remora.task.restarts",
            () => supervisor.Tasks.Select(task => new Measurement<int>(task.Restarts, Tag(task))),
            null,
            "Restarts of a background task after it failed."
        );
    }

    private static KeyValuePair<string, object?> Tag(SupervisedTask task) => new("task", task.Name);
}

/// <summary>Gauges of the web server's connections.</summary>
internal static class ConnectionGauges
{
    public static void Register(Meter meter, ConnectionLimitLog log) =>
        meter.CreateObservableCounter(
            "remora.connections.refused",
            () => log.Refused,
            null,
            "Connections that were refused because of max_connections."
        );
}

/// <summary>Gauges and counters of the feeds.</summary>
internal static class FeedGauges
{
    private static readonly FeedState[] States = Enum.GetValues<FeedState>();

    public static void Register(Meter meter, AssessmentBoard board, ServiceParts parts)
    {
        meter.CreateObservableGauge(
            "remora.feed.state",
            () => parts.Markets.SelectMany(feed => StatesOf(feed.Health.State, Tags(feed.Market))),
            null,
            "1 for the state of a market's feed, 0 for the others."
        );
        PerMarket(
            "remora.feed.last.success.age",
            "s",
            "Seconds since the last valid answer of the exchange.",
            health => Age(board, health.LastSuccess)
        );
        PerMarket(
            "remora.feed.consecutive.failures",
            null,
            "Failed requests to the exchange since the last success.",
            health => health.ConsecutiveFailures
        );
        Count(
            "remora.feed.candles",
            "Closed candles received after the initial history.",
            health => health.CandlesDelivered
        );
        Count(
            "remora.feed.candles.missing",
            "Candles that the exchange does not have although it has later ones.",
            health => health.CandlesMissing
        );
        Count(
            "remora.feed.candles.refused",
            "Candles that were refused as invalid.",
            health => health.Refused.Values.Sum()
        );
        Count(
            "remora.feed.candles.revised",
            "Candles whose prices the exchange changed after they were used.",
            health => health.CandlesRevised
        );
        PerMarket(
            "remora.feed.level.refused",
            null,
            "Whether candles are refused because of a different price level: 1 or 0.",
            health => health.RefusedLevel is null ? 0 : 1
        );
        Count("remora.feed.failovers", "Switches to another exchange.", health => health.Failovers);

        meter.CreateObservableGauge(
            "remora.source.state",
            () => parts.Sources.SelectMany(source => StatesOf(source.Health.State, [new("source", source.Name)])),
            null,
            "1 for the state of an outside source's feed, 0 for the others."
        );
        PerSource(
            "remora.source.last.success.age",
            "s",
            "Seconds since the last valid answer of the source.",
            health => Age(board, health.LastSuccess)
        );
        PerSource(
            "remora.source.consecutive.failures",
            null,
            "Failed requests to the source since the last success.",
            health => health.ConsecutiveFailures
        );
        meter.CreateObservableCounter(
            "remora.source.requests",
            () => All(parts).Select(health => new Measurement<long>(health.Requests, Tag(health))),
            null,
            "Polls of an outside source, failed ones included."
        );
        meter.CreateObservableCounter(
            "remora.source.errors",
            () =>
                All(parts)
                    .SelectMany(health =>
                        health.Errors.Select(error => new Measurement<long>(
                            error.Value,
                            Tag(health),
                            new("kind", error.Key)
                        ))
                    ),
            null,
            "Failures of an outside source by kind."
        );
        PerValue("remora.source.value", null, "The last value, in the signal's unit.", value => value.Value);
        PerValue(
            "remora.source.value.age",
            "s",
            "Seconds since the time the last value describes.",
            value => Age(board, value.HeldAt)
        );

        if (parts.Bridge is { } bridge)
        {
            meter.CreateObservableGauge(
                "remora.bridge.up",
                () => bridge().Running ? 1 : 0,
                null,
                "Whether the bridge to the exchanges is running: 1 or 0."
            );
            meter.CreateObservableCounter(
                "remora.bridge.restarts",
                () => bridge().Restarts,
                null,
                "Restarts of the bridge after it ended."
            );
        }

        void PerMarket(string name, string? unit, string help, Func<FeedHealth, double> value) =>
            meter.CreateFiniteGauge(
                name,
                () => parts.Markets.Select(feed => new Measurement<double>(value(feed.Health), Tags(feed.Market))),
                unit,
                help
            );
        void Count(string name, string help, Func<FeedHealth, long> value) =>
            meter.CreateObservableCounter(
                name,
                () => parts.Markets.Select(feed => new Measurement<long>(value(feed.Health), Tags(feed.Market))),
                null,
                help
            );
        void PerSource(string name, string? unit, string help, Func<SourceHealth, double> value) =>
            meter.CreateFiniteGauge(
                name,
                () =>
                    parts.Sources.Select(source => new Measurement<double>(
                        value(source.Health),
                        new KeyValuePair<string, object?>("source", source.Name)
                    )),
                unit,
                help
            );
        void PerValue(string name, string? unit, string help, Func<Observation, double> value) =>
            meter.CreateFiniteGauge(
                name,
                () =>
                    SourceValues
                        .Of(parts, board)
                        .SelectMany(source =>
                            source.Latest.Select(o => new Measurement<double>(
                                value(o),
                                new("source", source.Name),
                                new("signal", RemoraJson.NameOf(o.Signal)),
                                new("base", o.Base ?? "")
                            ))
                        ),
                unit,
                help
            );
    }

    private static IEnumerable<SourceHealth> All(ServiceParts parts) =>
        parts.Sources.Select(source => source.Health).SelectMany(health => health.StandIns.Prepend(health));

    private static KeyValuePair<string, object?> Tag(SourceHealth source) => new("source", source.Name);

    private static KeyValuePair<string, object?>[] Tags(MarketId market) =>
        MarketGauges.Tags(market.Exchange, market.Pair, market.Timeframe);

    private static IEnumerable<Measurement<double>> StatesOf(FeedState present, KeyValuePair<string, object?>[] tags) =>
        States.Select(state => new Measurement<double>(
            state == present ? 1 : 0,
            [.. tags, new("state", RemoraJson.NameOf(state))]
        ));

    private static double Age(AssessmentBoard board, Instant? at) =>
        at is { } time ? Math.Max(0, (board.Now - time).TotalSeconds) : double.NaN;
}
