using Remora.Feeds.Keys;

namespace Remora.Feeds.Tests.Keys;

internal static class SomeKey
{
    public static SourceKey Of(string text) =>
        SourceKey.TryParse(text, out var key) ? key : throw new ArgumentException(text, nameof(text));
}
