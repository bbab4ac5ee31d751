using Remora.Markets;
using Remora.Risk;
using Remora.Server.Answers;

namespace Remora.Server.Streams;

/// <summary>
/// The newest frame of one market, or of the whole market, for one policy and side.
/// </summary>
/// <param name="eventName">The name of its events.</param>
/// <param name="answer">Returns the current answer of <c>/risk</c>.</param>
/// <param name="verdict">Returns the part that must not become outdated with time alone.</param>
internal sealed class StreamTopic(string eventName, Func<RenderedAnswer> answer, Func<Instant, StreamVerdict> verdict)
{
    private StreamFrame? _frame;
    private StreamVerdict _verdict;

    /// <summary>The newest frame. Available after the first refresh.</summary>
    public StreamFrame Frame => _frame!;

    /// <summary>
    /// Updates the frame with the current answer. Returns true if the answer changed, apart from
    /// ages; it then has the next sequence.
    /// </summary>
    public bool Refresh(string run, ref long sequence, Instant now)
    {
        _verdict = verdict(now); // not later than the answer: a change in between is detected by the next check
        var present = answer();
        if (ReferenceEquals(present, _frame?.Answer))
            return false;
        var isNew = _frame is null || _frame.Answer.ETag != present.ETag;
        _frame = StreamFrame.Of(eventName, run, isNew ? ++sequence : _frame!.Sequence, present);
        return isNew;
    }

    /// <summary>
    /// Whether the verdict changed with time although nothing was published: the data reached
    /// another state, or a value expired.
    /// </summary>
    public bool HasTurned(Instant now) => _frame is not null && _verdict != verdict(now);
}

/// <summary>The part of an assessment that readers act on.</summary>
internal readonly record struct StreamVerdict(bool SafeToTrade, AssessmentState State, Recommendation Recommendation);
