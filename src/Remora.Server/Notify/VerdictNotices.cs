using System.Threading.Channels;
using Remora.Bots;
using Remora.Markets;
using Remora.Notify;
using Remora.Risk;
using Remora.Server.Settings;

namespace Remora.Server.Notify;

/// <summary>
/// Makes notices of the changes of <c>safe_to_trade</c>. The first verdict after a start is a
/// notice only if entries are blocked.
/// </summary>
internal sealed class VerdictNotices
{
    private const int Capacity = 1000;
    private readonly Channel<(VerdictChange Change, DateTimeOffset At)> _changes = Channel.CreateBounded<(
        VerdictChange,
        DateTimeOffset
    )>(new BoundedChannelOptions(Capacity) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });
    private readonly Dictionary<Pair, DateTimeOffset> _blockedSince = [];
    private readonly NotifySettings _settings;
    private readonly UsualBlocks? _usual;
    private readonly Action<Notice> _post;
    private readonly Func<Pair, Uri?> _link;

    /// <param name="verdicts">The verdicts.</param>
    /// <param name="settings">Which of them are sent.</param>
    /// <param name="usual">The usual lengths of blocks; null without a store.</param>
    /// <param name="post">Receives the notices.</param>
    /// <param name="link">Returns the page of a pair.</param>
    /// <param name="clock">Real time.</param>
    public VerdictNotices(
        VerdictBoard verdicts,
        NotifySettings settings,
        UsualBlocks? usual,
        Action<Notice> post,
        Func<Pair, Uri?> link,
        TimeProvider clock
    )
    {
        (_settings, _usual, _post, _link) = (settings, usual, post, link);
        verdicts.Subscribe(change =>
        {
            if (IsSent(change))
                _changes.Writer.TryWrite((change, clock.GetUtcNow()));
        });
    }

    /// <summary>Runs until it is canceled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        await foreach (var (change, at) in _changes.Reader.ReadAllAsync(cancellation))
            await SendAsync(change.After, at, cancellation);
    }

    private bool IsSent(VerdictChange change) =>
        change.IsSafetyChange
        && change.After.Side == _settings.Side
        && _settings.Pairs?.Contains(change.After.Pair) != false
        && (change.Before is not null || !change.After.SafeToTrade);

    private async Task SendAsync(PairVerdict verdict, DateTimeOffset at, CancellationToken cancellation)
    {
        if (verdict.SafeToTrade)
        {
            TimeSpan? lasted = _blockedSince.Remove(verdict.Pair, out var since) ? at - since : null;
            if (_settings.Sends("all_clear"))
                _post(Of(NoticeKind.AllClear, verdict, BlockText.Allowed(verdict, lasted), at));
            return;
        }
        _blockedSince[verdict.Pair] = at;
        if (!_settings.Sends("block"))
            return;
        var usual =
            _usual is not null && verdict.BlockedBy is [var reason, ..]
                ? await _usual.OfAsync(verdict.Pair, verdict.Side, reason, cancellation)
                : null;
        var text = BlockText.Blocked(verdict) + (usual is null ? "" : " " + usual);
        _post(Of(NoticeKind.Block, verdict, text, at));
    }

    private Notice Of(NoticeKind kind, PairVerdict verdict, string text, DateTimeOffset at) =>
        new(kind, verdict.Pair.ToString(), text, at, _link(verdict.Pair));
}
