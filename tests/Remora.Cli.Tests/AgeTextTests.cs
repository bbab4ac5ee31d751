using Remora.Cli.Render;

namespace Remora.Cli.Tests;

public sealed class AgeTextTests
{
    [Theory]
    [
        InlineData(0, "0 s"),
        InlineData(89, "89 s"),
        InlineData(90, "2 min"),
        InlineData(3714, "62 min"),
        InlineData(5400, "2 h"),
        InlineData(129_599, "36 h"),
        InlineData(129_600, "2 days"),
        InlineData(864_000, "10 days")
    ]
    public void Ages_have_a_readable_unit(double seconds, string text) => Assert.Equal(text, AgeText.Of(seconds));
}
