using System.Text;
using Remora.Server.Answers;

namespace Remora.Server.Streams;

/// <summary>A change as it goes to every reader who wants it: made once, shared by all.</summary>
/// <param name="Sequence">Grows with every change of any topic.</param>
/// <param name="Answer">What <c>/risk</c> answers at that moment.</param>
/// <param name="Bytes">The event in full.</param>
internal sealed record StreamFrame(long Sequence, RenderedAnswer Answer, byte[] Bytes)
{
    public static StreamFrame Of(string eventName, string run, long sequence, RenderedAnswer answer) => // the JSON has no line breaks of its own
        new(sequence, answer, [.. Encoding.ASCII.GetBytes($"event: {eventName}\nid: {run}-{sequence}\ndata: "), .. answer.Body, .. "\n\n"u8]);
}
