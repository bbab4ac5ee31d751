using Microsoft.Extensions.Logging;
using Remora.Bots;
using Remora.Markets;
using Remora.Notify;
using Remora.Server.Answers;
using Remora.Server.Settings;
using Remora.Supervision;

namespace Remora.Server.Notify;

/// <summary>The status of messages to people.</summary>
/// <param name="Notifiers">The health of each notifier.</param>
/// <param name="Trouble">The service's trouble that was sent and lasts, in sentences.</param>
/// <param name="Heartbeat">The health of the heartbeat; null without one.</param>
public sealed record NotificationStatus(
    IReadOnlyList<NotifierHealth> Notifiers,
    IReadOnlyList<string> Trouble,
    HeartbeatHealth? Heartbeat
);

/// <summary>
/// Sends messages to people: blocks, all-clears, books that pass their limit, and the service's own
/// trouble. Real time applies, even in a sandbox, because people live in it.
/// </summary>
internal sealed class Notifications
{
    private readonly ServiceSettings _settings;
    private readonly ServiceParts _parts;
    private readonly AssessmentBoard _board;
    private readonly TimeProvider _clock;
    private readonly Uri? _page;
    private readonly Outboxes _outboxes;
    private readonly TroubleWatch _trouble;
    private readonly Heartbeat? _heartbeat;

    private Notifications(ServiceSettings settings, ServiceParts parts, AssessmentBoard board, TimeProvider clock)
    {
        (_settings, _parts, _board, _clock) = (settings, parts, board, clock);
        _page = settings.PublicUrl is { } set ? new(set.AbsoluteUri.TrimEnd('/') + "/") : OwnPage(settings);
        var notify = settings.Notify;
        var options = settings.NotifyOptions with
        {
            DigestInterval = notify.DigestInterval,
            PerHour = notify.PerHour,
            Quiet = notify.Quiet,
            Zone = TimeZoneInfo.FindSystemTimeZoneById(notify.TimeZone),
            Link = _page,
        };
        _outboxes = new(notify.Addresses, options, clock, parts.Log);
        _trouble = new(
            parts,
            () => board.HasAnswer,
            () => _outboxes.Health,
            notice =>
            {
                if (notify.Sends("trouble"))
                    _outboxes.Post(notice);
            },
            _page is null ? null : new(_page, "#/sources"),
            clock
        );
        _heartbeat = settings.HeartbeatUrl is { } url ? new(url, () => _trouble.IsWell, clock, parts.Log) : null;
    }

    /// <summary>The status.</summary>
    public NotificationStatus Status => new(_outboxes.Health, _trouble.Current, _heartbeat?.Health);

    /// <summary>Returns null if no receiver is set.</summary>
    public static Notifications? Of(
        ServiceSettings settings,
        ServiceParts parts,
        AssessmentBoard board,
        TimeProvider clock
    ) =>
        settings.Notify.Addresses.Count == 0 && settings.HeartbeatUrl is null
            ? null
            : new(settings, parts, board, clock);

    /// <summary>
    /// Sends a notice about the book of a followed bot, if such notices are sent.
    /// </summary>
    public void PostBook(Notice notice)
    {
        if (_settings.Notify.Sends("book"))
            _outboxes.Post(notice with { Link = _page is null ? null : new(_page, "#/book") });
    }

    private void PostDecisions(Notice notice) =>
        _outboxes.Post(notice with { Link = _page is null ? null : new(_page, "#/record") });

    /// <summary>Runs until it is canceled.</summary>
    /// <param name="verdicts">The verdicts whose changes are sent.</param>
    /// <param name="supervisor">Restarts each task that fails.</param>
    /// <param name="cancellation">Stops all tasks.</param>
    public Task RunAsync(VerdictBoard verdicts, Supervisor supervisor, CancellationToken cancellation)
    {
        var usual = _parts.Record is { } record ? new UsualBlocks(_board, record.Session, _clock) : null;
        var blocks = new VerdictNotices(verdicts, _settings.Notify, usual, _outboxes.Post, PageOf, _clock);
        return Task.WhenAll(
            _outboxes.RunAsync(supervisor, cancellation),
            supervisor.RunAsync("notices of blocks", blocks.RunAsync, cancellation),
            supervisor.RunAsync("notices of trouble", _trouble.RunAsync, cancellation),
            _settings.Notify.Sends("decisions") && _parts.Record is { } decided
                ? supervisor.RunAsync(
                    "notices of decisions",
                    stop =>
                        new WeeklyDecisions(
                            decided.Session,
                            _settings.DataFolder,
                            PostDecisions,
                            _parts.Log.CreateLogger<WeeklyDecisions>()
                        ).RunAsync(_clock, stop),
                    cancellation
                )
                : Task.CompletedTask,
            _heartbeat is null
                ? Task.CompletedTask
                : supervisor.RunAsync("heartbeat", _heartbeat.RunAsync, cancellation)
        );
    }

    private Uri? PageOf(Pair pair) => _page is null ? null : new(_page, $"#/history?pair={pair}");

    /// <summary>
    /// Returns the page at the address that the service listens on; null if it is unknown.
    /// </summary>
    private static Uri? OwnPage(ServiceSettings settings)
    {
        if (settings.Port == 0)
            return null;
        var isAny = settings.Host is "0.0.0.0" or "::";
        var host = isAny ? Environment.MachineName : settings.Host;
        return Uri.TryCreate(
            $"http://{(host.Contains(':') ? $"[{host}]" : host)}:{settings.Port}/",
            UriKind.Absolute,
            out var page
        )
            ? page
            : null;
    }
}
