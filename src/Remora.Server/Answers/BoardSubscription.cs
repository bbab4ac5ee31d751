using System.Threading.Channels;
using Remora.Markets;

namespace Remora.Server.Answers;

/// <summary>
/// Notifies one subscriber of changed markets of an <see cref="AssessmentBoard"/>. Several changes
/// of a market before a read count as one: one bit per market is stored, regardless of how slow the
/// subscriber is, and the board always returns the newest assessment. The publisher never waits and
/// allocates nothing.
/// </summary>
/// <remarks>
/// Only published changes cause a notification. The subscriber must check by itself whether an
/// answer becomes stale with time.
/// </remarks>
public sealed class BoardSubscription : IDisposable
{
    private const int BitsPerWord = 64;
    private readonly AssessmentBoard _board;
    private readonly ulong[] _changed;
    private readonly Channel<bool> _signal = Channel.CreateBounded<bool>(
        // Continuations never run on the publisher's thread.
        new BoundedChannelOptions(1) { SingleReader = true, FullMode = BoundedChannelFullMode.DropWrite }
    );

    internal BoardSubscription(AssessmentBoard board)
    {
        _board = board;
        _changed = new ulong[(board.Markets.Count + BitsPerWord - 1) / BitsPerWord];
    }

    /// <summary>
    /// Waits until a market changes, and returns all markets that changed since the last call.
    /// Supports one caller at a time.
    /// </summary>
    public async ValueTask<IReadOnlyList<MarketId>> NextAsync(CancellationToken cancellation)
    {
        var indices = new List<int>();
        await NextAsync(indices, cancellation);
        return [.. indices.Select(index => _board.Markets[index])];
    }

    /// <summary>Ends the subscription.</summary>
    public void Dispose() => _board.Unsubscribe(this);

    /// <summary>
    /// Adds the indexes of the changed markets in <see cref="AssessmentBoard.Markets"/> to a list
    /// of the caller.
    /// </summary>
    internal async ValueTask NextAsync(List<int> markets, CancellationToken cancellation)
    {
        markets.Clear();
        while (markets.Count == 0)
        {
            await _signal.Reader.ReadAsync(cancellation);
            Take(markets);
        }
    }

    internal void Note(int market)
    {
        Interlocked.Or(ref _changed[market / BitsPerWord], 1UL << (market % BitsPerWord));
        _signal.Writer.TryWrite(true);
    }

    private void Take(List<int> markets)
    {
        for (var word = 0; word < _changed.Length; word++)
        {
            var bits = Interlocked.Exchange(ref _changed[word], 0);
            for (; bits != 0; bits &= bits - 1)
                markets.Add((word * BitsPerWord) + System.Numerics.BitOperations.TrailingZeroCount(bits));
        }
    }
}
