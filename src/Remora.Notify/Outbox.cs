using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Remora.Supervision;

namespace Remora.Notify;

/// <summary>
/// The notices for one receiver. They wait for further ones, for the end of quiet hours and for the
/// rate limit, and then become one message. A message that fails is sent again, with what happened
/// meanwhile; a message that is refused is dropped.
/// </summary>
internal sealed class Outbox
{
    public const int Capacity = 200;
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1); // then a notice is no news
    private static readonly Backoff Backoff = new(TimeSpan.FromSeconds(2), TimeSpan.FromMinutes(5));

    private readonly Lock _lock = new();
    private readonly List<Notice> _waiting = [];
    private readonly Queue<DateTimeOffset> _sent = new();
    private readonly Channel<bool> _changed = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite }
    );
    private readonly NotifierAddress _address;
    private readonly NotifyOptions _options;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private DateTimeOffset _retryAt = DateTimeOffset.MinValue;
    private long _omitted; // dropped since the last message
    private NotifierHealth _health;

    public Outbox(string name, NotifierAddress address, NotifyOptions options, TimeProvider clock, ILogger log)
    {
        (_address, _options, _clock, _log) = (address, options, clock, log);
        _health = new(name, NotifierState.Starting, 0, 0, 0, 0, 0, null, null, null);
    }

    public NotifierHealth Health
    {
        get
        {
            lock (_lock)
                return _health with { Waiting = _waiting.Count };
        }
    }

    private string Name => _health.Name;

    /// <summary>Adds a notice. Never waits. The oldest one is dropped if too many wait.</summary>
    public void Post(Notice notice)
    {
        lock (_lock)
        {
            var last = _waiting.FindLastIndex(other => other.Subject == notice.Subject);
            if (last >= 0 && notice.Reverses(_waiting[last]) && notice.At - _waiting[last].At < _options.Gather)
            {
                _waiting.RemoveAt(last);
                return;
            }
            _waiting.Add(notice);
            if (_waiting.Count > Capacity)
                Drop(1);
        }
        _changed.Writer.TryWrite(true);
    }

    /// <summary>Sends until it is canceled. Notices that still wait are then lost.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using var notifier = _address.Open(_options.Notifiers);
        while (true)
        {
            if (Wait() is not { } wait)
                await _changed.Reader.ReadAsync(cancellation);
            else if (wait > TimeSpan.Zero)
                await Task.Delay(wait, _clock, cancellation);
            else
                await SendAsync(notifier, cancellation);
        }
    }

    /// <summary>
    /// Returns how long the next message must still wait; null if there is none to send.
    /// </summary>
    private TimeSpan? Wait()
    {
        var now = _clock.GetUtcNow();
        lock (_lock)
        {
            Drop(_waiting.TakeWhile(notice => now - notice.At > Longest).Count());
            if (_waiting is not [var first, ..])
                return null;
            while (_sent.TryPeek(out var earliest) && now - earliest >= Hour)
                _sent.Dequeue();
            var collect = _options.DigestInterval > _options.Gather ? _options.DigestInterval : _options.Gather;
            TimeSpan[] waits =
            [
                first.At + collect - now,
                _retryAt - now,
                _sent.Count < _options.PerHour ? TimeSpan.Zero : _sent.Peek() + Hour - now,
                _options.Quiet?.Rest(now, _options.Zone) ?? TimeSpan.Zero,
            ];
            // Task.Delay counts whole milliseconds: a rest of less would be waited for in a loop.
            return TimeSpan.FromMilliseconds(Math.Ceiling(waits.Max().TotalMilliseconds));
        }
    }

    private async Task SendAsync(INotifier notifier, CancellationToken cancellation)
    {
        List<Notice> notices;
        long omitted;
        lock (_lock)
            (notices, omitted) = ([.. _waiting], _omitted);
        var message = Digest.Of(notices, omitted, _options.Link, _options.Zone);
        var outcome = await notifier.SendAsync(message, cancellation);
        var now = _clock.GetUtcNow();
        var before = Health;
        lock (_lock)
        {
            if (!outcome.CanRetry)
            {
                var done = notices.ToHashSet(ReferenceEqualityComparer.Instance);
                _waiting.RemoveAll(done.Contains);
                _omitted -= omitted;
                _sent.Enqueue(now);
            }
            _health = outcome.IsAccepted
                ? _health with
                {
                    State = NotifierState.Healthy,
                    Delivered = _health.Delivered + 1,
                    ConsecutiveFailures = 0,
                    LastDelivery = now,
                }
                : _health with
                {
                    State = outcome.CanRetry ? NotifierState.Retrying : NotifierState.Refused,
                    Refused = _health.Refused + (outcome.CanRetry ? 0 : 1),
                    ConsecutiveFailures = _health.ConsecutiveFailures + 1,
                    LastError = outcome.Detail,
                    LastErrorAt = now,
                };
            if (outcome.CanRetry)
            {
                var requested = outcome.Wait > Hour ? Hour : outcome.Wait;
                _retryAt = now + Backoff.After(_health.ConsecutiveFailures, Random.Shared, requested);
            }
        }
        Log(before, outcome, message);
    }

    /// <summary>Logs a refusal, and the first failure and success of each outage.</summary>
    private void Log(NotifierHealth before, Delivery outcome, Message message)
    {
        if (outcome.IsAccepted)
        {
            if (before.ConsecutiveFailures > 0)
                _log.LogInformation("Notifier {Name} delivers messages again", Name);
        }
        else if (!outcome.CanRetry)
        {
            _log.LogError(
                "Notifier {Name} refuses the message '{Title}', which is dropped: {Detail}. Check its URL with "
                    + "'remora notify test'",
                Name,
                message.Title,
                outcome.Detail
            );
        }
        else if (before.ConsecutiveFailures == 0)
        {
            _log.LogWarning("Notifier {Name} does not accept messages: {Detail}. Retrying", Name, outcome.Detail);
        }
    }

    /// <summary>Drops the oldest notices. The caller holds the lock.</summary>
    private void Drop(int count)
    {
        if (count == 0)
            return;
        _waiting.RemoveRange(0, count);
        _omitted += count;
        _health = _health with { Dropped = _health.Dropped + count };
    }
}
