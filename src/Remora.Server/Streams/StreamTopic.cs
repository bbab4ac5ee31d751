using Remora.Markets;
using Remora.Risk;
using Remora.Server.Answers;

namespace Remora.Server.Streams;

/// <summary>What one viewpoint sees of one market, or of all together: its newest frame.</summary>
/// <param name="eventName">What its events are called.</param>
/// <param name="answer">What <c>/risk</c> answers now.</param>
/// <param name="verdict">What must not be outdated by the passing of time alone.</param>
internal sealed class StreamTopic(string eventName, Func<RenderedAnswer> answer, Func<Instant, StreamVerdict> verdict)
{
    private StreamFrame? _frame;
    private StreamVerdict _verdict;

    /// <summary>The newest frame; it exists once the topic has been refreshed.</summary>
    public StreamFrame Frame => _frame!;

    /// <summary>Takes up the present answer. True when it says something else than before, apart from ages; it then has the next sequence number.</summary>
    public bool Refresh(string run, ref long sequence, Instant now)
    {
        _verdict = verdict(now); // of no later moment than the answer: what turns in between is seen at the next look
        var present = answer();
        if (ReferenceEquals(present, _frame?.Answer)) return false;
        var isNew = _frame is null || _frame.Answer.ETag != present.ETag;
        _frame = StreamFrame.Of(eventName, run, isNew ? ++sequence : _frame!.Sequence, present);
        return isNew;
    }

    /// <summary>Whether time has changed the verdict although nothing was published: the data aged into another state, or a value expired.</summary>
    public bool HasTurned(Instant now) => _frame is not null && _verdict != verdict(now);
}

/// <summary>The part of an assessment that a reader acts on.</summary>
internal readonly record struct StreamVerdict(bool SafeToTrade, AssessmentState State, Recommendation Recommendation);
