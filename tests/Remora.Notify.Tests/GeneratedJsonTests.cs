using Remora.Testing;

namespace Remora.Notify.Tests;

public sealed class GeneratedJsonTests
{
    [Fact]
    public void The_generated_serializers_write_what_reflection_writes() => ReflectedJson.AssertSame(NotifyJson.Shared);
}
