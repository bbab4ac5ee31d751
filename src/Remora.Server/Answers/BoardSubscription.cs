using System.Threading.Channels;
using Remora.Markets;

namespace Remora.Server.Answers;

/// <summary>
/// Notifies one subscriber of changed markets of an <see cref="AssessmentBoard"/>. Several changes
/// of a market before a read count as one: each changed market is stored once, regardless of how
/// slow the subscriber is, and the board always returns the newest assessment. The publisher never
/// waits for a subscriber and allocates nothing for a market that changed before.
/// </summary>
/// <remarks>
/// Only published changes cause a notification. The subscriber must check by itself whether an
/// answer becomes stale with time.
/// </remarks>
public sealed class BoardSubscription : IDisposable
{
    private readonly AssessmentBoard _board;
    private readonly Lock _lock = new();
    private readonly HashSet<MarketAnswers> _changed = [];
    private readonly Channel<bool> _signal = Channel.CreateBounded<bool>(
        // Continuations never run on the publisher's thread.
        new BoundedChannelOptions(1) { SingleReader = true, FullMode = BoundedChannelFullMode.DropWrite }
    );

    internal BoardSubscription(AssessmentBoard board) => _board = board;

    /// <summary>
    /// Waits until a market changes, and returns all markets that changed since the last call.
    /// Supports one caller at a time.
    /// </summary>
    public async ValueTask<IReadOnlyList<MarketId>> NextAsync(CancellationToken cancellation)
    {
        var changed = new List<MarketAnswers>();
        await NextAsync(changed, cancellation);
        return [.. changed.Select(market => market.Id)];
    }

    /// <summary>Ends the subscription.</summary>
    public void Dispose() => _board.Unsubscribe(this);

    /// <summary>Adds the changed markets to a list of the caller.</summary>
    internal async ValueTask NextAsync(List<MarketAnswers> markets, CancellationToken cancellation)
    {
        markets.Clear();
        while (markets.Count == 0)
        {
            await _signal.Reader.ReadAsync(cancellation);
            lock (_lock)
            {
                markets.AddRange(_changed);
                _changed.Clear();
            }
        }
    }

    internal void Note(MarketAnswers market)
    {
        lock (_lock)
            _changed.Add(market);
        _signal.Writer.TryWrite(true);
    }
}
