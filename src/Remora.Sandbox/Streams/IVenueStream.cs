using Remora.Markets;

namespace Remora.Sandbox.Streams;

/// <summary>The exchange's side of one websocket, in its own wire format.</summary>
internal interface IVenueStream
{
    /// <summary>Returns the response to a frame from the caller.</summary>
    string Answer(string frame);

    /// <summary>Returns the events within a span that the caller subscribed to.</summary>
    /// <param name="from">The beginning of the span, inclusive.</param>
    /// <param name="to">The end of the span, exclusive.</param>
    /// <param name="invalid">Whether the values are invalid on purpose.</param>
    IEnumerable<string> Between(Instant from, Instant to, bool invalid);
}
