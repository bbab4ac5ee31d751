using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.Features;

namespace Remora.Sandbox.Streams;

/// <summary>
/// A connection that can fall silent while it stays open. It suppresses even the pongs that .NET
/// sends automatically.
/// </summary>
internal sealed class SilenceableUpgrade(IHttpUpgradeFeature inner) : IHttpUpgradeFeature
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);
    private volatile bool _isSilent;

    public bool IsSilent
    {
        get => _isSilent;
        set => _isSilent = value;
    }

    public bool IsUpgradableRequest => inner.IsUpgradableRequest;

    public async Task<Stream> UpgradeAsync() => new Line(await inner.UpgradeAsync(), this);

    private sealed class Line(Stream inner, SilenceableUpgrade upgrade) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override async ValueTask WriteAsync(
            ReadOnlyMemory<byte> buffer,
            CancellationToken cancellationToken = default
        )
        {
            while (upgrade.IsSilent)
                await Task.Delay(Pause, cancellationToken);
            await inner.WriteAsync(buffer, cancellationToken);
        }

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            inner.ReadAsync(buffer, cancellationToken);

        public override Task<int> ReadAsync(
            byte[] buffer,
            int offset,
            int count,
            CancellationToken cancellationToken
        ) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override Task FlushAsync(CancellationToken cancellationToken) =>
            upgrade.IsSilent ? Task.CompletedTask : inner.FlushAsync(cancellationToken);

        public override void Flush() => throw new NotSupportedException();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                inner.Dispose();
            base.Dispose(disposing);
        }
    }
}

/// <summary>Registers the upgrade before the websockets.</summary>
internal static class SilenceableUpgrades
{
    public static IApplicationBuilder UseSilenceableUpgrades(this IApplicationBuilder app) =>
        app.Use(next =>
            context =>
            {
                if (context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true } upgrade)
                {
                    var line = new SilenceableUpgrade(upgrade);
                    context.Features.Set<IHttpUpgradeFeature>(line);
                    context.Features.Set(line);
                }
                return next(context);
            }
        );
}
