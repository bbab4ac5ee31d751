using Remora.Markets;
using Remora.Risk;

namespace Remora.Server.Answers;

/// <summary>
/// A market's newest assessment under each policy, and the answers made from it. One writer, any
/// number of readers.
/// </summary>
internal sealed class MarketAnswers
{
    private readonly Published[] _published;
    private readonly AnswerSlot[] _slots;
    private volatile bool _wasAsked;

    public MarketAnswers(MarketId id, IReadOnlyList<Assessment> unknown)
    {
        Id = id;
        _published = [.. unknown.Select(assessment => new Published(assessment, 0))];
        _slots = new AnswerSlot[unknown.Count * 2];
        for (var i = 0; i < _slots.Length; i++)
        {
            var (policy, side) = (i / 2, (Side)(i % 2));
            _slots[i] = new(
                () => Volatile.Read(ref _published[policy]).Version,
                now => RenderedAnswer.Of(Latest(policy).At(now, side))
            );
        }
    }

    public MarketId Id { get; }

    public string Timeframe => Id.Timeframe.Name;

    /// <summary>Notes that a caller asked for this market.</summary>
    public void Ask()
    {
        if (!_wasAsked)
            _wasAsked = true;
    }

    /// <summary>Returns whether a caller asked for this market since the last call.</summary>
    public bool TakeAsked()
    {
        var wasAsked = _wasAsked;
        _wasAsked = false;
        return wasAsked;
    }

    public void Publish(int policy, Assessment assessment)
    {
        ref var published = ref _published[policy];
        Volatile.Write(ref published, new(assessment, published.Version + 1));
    }

    public Assessment Latest(int policy) => Volatile.Read(ref _published[policy]).Assessment;

    public AnswerSlot Slot(int policy, Side side) => _slots[(policy * 2) + (int)side];

    private sealed record Published(Assessment Assessment, long Version);
}
