using Remora.Markets;

namespace Remora.Sandbox.Streams;

/// <summary>One websocket's side of an exchange, in its own wire format.</summary>
internal interface IVenueStream
{
    /// <summary>The answer to a frame of the caller.</summary>
    string Answer(string frame);

    /// <summary>What has happened within a span to what the caller subscribed to.</summary>
    /// <param name="from">The first moment that counts.</param>
    /// <param name="to">The first one that no longer does.</param>
    /// <param name="spoilt">Whether values are to be such as cannot be.</param>
    IEnumerable<string> Between(Instant from, Instant to, bool spoilt);
}
