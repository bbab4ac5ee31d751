using System.Net;

namespace Remora.ClickHouse;

/// <summary>
/// The content of a request from a stream that the caller closes. A request that could not be sent
/// leaves it as it is, for the next server.
/// </summary>
internal sealed class LentContent(Stream stream) : HttpContent
{
    protected override Task SerializeToStreamAsync(Stream target, TransportContext? context) =>
        stream.CopyToAsync(target);

    protected override Task SerializeToStreamAsync(
        Stream target,
        TransportContext? context,
        CancellationToken cancellationToken
    ) => stream.CopyToAsync(target, cancellationToken);

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
