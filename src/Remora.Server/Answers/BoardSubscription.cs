using System.Threading.Channels;
using Remora.Markets;

namespace Remora.Server.Answers;

/// <summary>
/// Tells one subscriber which markets of an <see cref="AssessmentBoard"/> have changed. Changes of a market that was not asked for yet fall together: what is kept is one
/// bit for each market, however slow the subscriber is, and what it reads from the board is always the newest. The publisher never waits and allocates nothing.
/// </summary>
/// <remarks>Told is what is published. That an answer grows stale by mere passing of time is for the subscriber to look at.</remarks>
public sealed class BoardSubscription : IDisposable
{
    private const int BitsPerWord = 64;
    private readonly AssessmentBoard _board;
    private readonly ulong[] _changed;
    private readonly Channel<bool> _signal = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { SingleReader = true, FullMode = BoundedChannelFullMode.DropWrite }); // continuations never run on the publisher

    internal BoardSubscription(AssessmentBoard board)
    {
        _board = board;
        _changed = new ulong[(board.Markets.Count + BitsPerWord - 1) / BitsPerWord];
    }

    /// <summary>Waits until a market has changed, and gives all that have since the last call. For one caller at a time.</summary>
    public async ValueTask<IReadOnlyList<MarketId>> NextAsync(CancellationToken cancellation)
    {
        var indices = new List<int>();
        await NextAsync(indices, cancellation);
        return [.. indices.Select(index => _board.Markets[index])];
    }

    /// <summary>No further changes are noted.</summary>
    public void Dispose() => _board.Unsubscribe(this);

    /// <summary>The same by the markets' places in <see cref="AssessmentBoard.Markets"/>, into a list of the caller's.</summary>
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
            for (; bits != 0; bits &= bits - 1) markets.Add((word * BitsPerWord) + System.Numerics.BitOperations.TrailingZeroCount(bits));
        }
    }
}
