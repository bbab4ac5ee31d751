using System.Text;
using Remora.Server.Answers;

namespace Remora.Server.Streams;

/// <summary>
/// A change in the form that is sent to its readers. Created once and shared by all.
/// </summary>
/// <param name="Sequence">Increases with every change of any topic.</param>
/// <param name="Answer">The current answer of <c>/risk</c>.</param>
/// <param name="Bytes">The complete event.</param>
internal sealed record StreamFrame(long Sequence, RenderedAnswer Answer, byte[] Bytes)
{
    // The JSON contains no line breaks.
    public static StreamFrame Of(string eventName, string run, long sequence, RenderedAnswer answer) =>
        new(
            sequence,
            answer,
            [
                .. Encoding.ASCII.GetBytes($"event: {eventName}\nid: {run}-{sequence}\ndata: "),
                .. answer.Body,
                .. "\n\n"u8,
            ]
        );
}
