using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Remora.Bots.Freqtrade;
using Remora.Feeds;
using Remora.Feeds.Calendar;
using Remora.Feeds.Exchanges;
using Remora.Forecasts;
using Remora.Markets;
using Remora.Server.Answers;
using Remora.Server.Notify;
using Remora.Server.Pairs;
using Remora.Server.Settings;
using Remora.Server.Telemetry;
using Remora.Store;
using Remora.Store.Tables;
using Remora.Supervision;

namespace Remora.Server.Api;

/// <summary>The status of the service.</summary>
/// <param name="Version">Its version.</param>
/// <param name="UptimeSeconds">Real seconds since it started.</param>
/// <param name="Ready">Whether any market has had a candle.</param>
/// <param name="Clock">Its current time.</param>
/// <param name="Sandbox">The sandbox that replaces the outside world; null for none.</param>
/// <param name="Markets">The health of each market's feed.</param>
/// <param name="Sources">The health of each outside source's feed.</param>
/// <param name="Coefficients">The coefficients of its forecasts.</param>
/// <param name="CalendarKnownUntil">The last day (UTC) for which forecasts know the dates of all
/// kinds of events; null if it is unknown for one of them.</param>
/// <param name="CalendarProblem">Which dates have run out, and what to do; null if none.</param>
/// <param name="Bridge">Returns the health of the bridge to the exchanges; null without a
/// bridge.</param>
/// <param name="Store">The status of the store; null without a store.</param>
/// <param name="Notifications">The status of messages to people; null if no receiver is
/// set.</param>
/// <param name="Tasks">The health of each background task. A task that fails is restarted.</param>
/// <param name="Added">The pairs that were added at run time, and those that were refused.</param>
/// <param name="Availability">The availability of the last 30 days; null without a store, and while
/// it is unknown.</param>
public sealed record ServiceStatus(
    string Version,
    double UptimeSeconds,
    bool Ready,
    ClockStatus Clock,
    SandboxNotice? Sandbox,
    IReadOnlyList<FeedHealth> Markets,
    IReadOnlyList<SourceHealth> Sources,
    CoefficientsStatus Coefficients,
    DateOnly? CalendarKnownUntil,
    string? CalendarProblem,
    BridgeHealth? Bridge,
    StoreHealth? Store,
    NotificationStatus? Notifications,
    IReadOnlyList<SupervisedTask> Tasks,
    AddedPairList Added,
    Availability? Availability
);

/// <summary>The coefficients of the forecasts that are made now.</summary>
/// <param name="Id">Their id: the day from which they are valid, and a hash.</param>
/// <param name="ValidFrom">The moment from which they are valid: they know nothing later.</param>
/// <param name="AgeDays">The days since then.</param>
public sealed record CoefficientsStatus(string Id, Instant ValidFrom, double AgeDays)
{
    /// <summary>Returns the status of the fit in use at a moment.</summary>
    public static CoefficientsStatus At(Instant now, CoefficientVintages vintages)
    {
        var fit = vintages.At(now);
        return new(fit.Id, fit.ValidFrom, Math.Round((now - fit.ValidFrom).TotalDays, 3));
    }
}

/// <summary>The current time of the service's clock.</summary>
/// <param name="Kind"><c>real</c> or <c>sandbox</c>.</param>
/// <param name="Now">Its present.</param>
/// <param name="Speed">How fast it runs.</param>
public sealed record ClockStatus(string Kind, Instant Now, double Speed);

/// <summary>All outside sources.</summary>
/// <param name="Sources">One entry per source.</param>
/// <param name="Calendar">The calendar of scheduled events; null for none.</param>
public sealed record SourceList(IReadOnlyList<SourceReport> Sources, CalendarHealth? Calendar);

/// <summary>The health of a source and its last values.</summary>
/// <param name="Health">Its feed.</param>
/// <param name="Values">The last value of each signal and base currency.</param>
public sealed record SourceReport(SourceHealth Health, IReadOnlyList<SourceValue> Values);

/// <summary>A value of a source.</summary>
/// <param name="Signal">What was observed.</param>
/// <param name="Base">The base currency it is about; null for the whole market.</param>
/// <param name="Value">The value in the signal's unit.</param>
/// <param name="HeldAt">The time it describes.</param>
/// <param name="AgeSeconds">Seconds since then.</param>
/// <param name="ExpiresAt">When the value expires. It then has no effect on the score.</param>
/// <param name="Stale">Whether the value has expired.</param>
/// <param name="Source">The source of the value: the preferred source or its fallback.</param>
public sealed record SourceValue(
    Signal Signal,
    string? Base,
    double Value,
    Instant HeldAt,
    double AgeSeconds,
    Instant ExpiresAt,
    bool Stale,
    string Source
);

/// <summary>The status of the service and its sources.</summary>
internal static class StatusApi
{
    public static void Map(RouteGroupBuilder api)
    {
        var started = Stopwatch.GetTimestamp();
        var status = api.MapGroup("").WithTags("Status");
        status
            .MapGet("/sources", GetSources)
            .WithName("sources")
            .WithSummary("List outside sources")
            .WithDescription("The last values, age, errors and next try of each outside source, and the calendar.")
            .Takes();
        status
            .MapGet(
                "/status",
                (
                    AssessmentBoard board,
                    ServiceParts parts,
                    ServiceSettings settings,
                    LiveSettings live,
                    AddedPairs added,
                    IReadOnlyList<BotWhitelist> whitelists
                ) =>
                    GetStatus(
                        board,
                        parts,
                        settings,
                        Stopwatch.GetElapsedTime(started),
                        new(
                            live.Current.MaxAddedPairs,
                            added.Pairs,
                            added.Refused,
                            [.. whitelists.Select(bot => bot.Health)]
                        )
                    )
            )
            .WithName("status")
            .WithSummary("Get the service's status")
            .WithDescription(
                "Version, clock, and the health of every feed: state, last success, last error, next try, gaps, "
                    + "refused candles, warm-up; each background task, with its restarts and last error; and the pairs "
                    + "that were added at run time."
            )
            .Takes();
    }

    private static AnswerResult<SourceList> GetSources(AssessmentBoard board, ServiceParts parts)
    {
        var now = board.Now;
        var reports = SourceValues
            .Of(parts, board)
            .Select(health => new SourceReport(
                health,
                [
                    .. health.Latest.Select(o => new SourceValue(
                        o.Signal,
                        o.Base,
                        o.Value,
                        o.HeldAt,
                        Math.Max(0, (now - o.HeldAt).TotalSeconds),
                        o.ExpiresAt,
                        now >= o.ExpiresAt,
                        o.Source
                    )),
                ]
            ));
        return new(RenderedAnswer.OfHealth(new SourceList([.. reports], parts.Calendar?.Health)));
    }

    private static AnswerResult<ServiceStatus> GetStatus(
        AssessmentBoard board,
        ServiceParts parts,
        ServiceSettings settings,
        TimeSpan uptime,
        AddedPairList added
    )
    {
        var dates = parts.Calendar?.Health.Forecasts;
        return new(
            RenderedAnswer.OfHealth(
                new ServiceStatus(
                    ServiceMetrics.Version,
                    Math.Round(uptime.TotalSeconds, 3),
                    board.HasAnswer,
                    new(parts.Sandbox is null ? "real" : "sandbox", board.Now, parts.Sandbox?.Speed ?? 1),
                    parts.Sandbox,
                    [.. parts.Markets.Select(feed => feed.Health)],
                    [.. SourceValues.Of(parts, board)],
                    CoefficientsStatus.At(board.Now, settings.Coefficients),
                    dates?.KnownUntil,
                    dates?.Problem,
                    parts.Bridge?.Invoke(),
                    parts.Record?.Session.Health,
                    parts.Notifications?.Status,
                    parts.Supervisor.Tasks,
                    added,
                    parts.Availability?.Invoke()
                )
            )
        );
    }
}
