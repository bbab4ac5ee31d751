using System.Text;
using Remora.Server.Api;

namespace Remora.Server.Tests;

/// <summary>
/// Tests that answers contain no folder of this machine and that all other text is unchanged.
/// </summary>
public sealed class ServerPathsTests
{
    [Theory]
    [InlineData("nobody has '/home/me/my data/clickhouse' open", "nobody has '…/clickhouse' open")]
    [InlineData(
        "the journal '/var/lib/remora/journal' cannot be opened: Access to the path '/var/lib/remora/journal/lock' "
            + "is denied.",
        "the journal '…/journal' cannot be opened: Access to the path '…/lock' is denied."
    )]
    [InlineData(
        "While reading /tmp/x/store/2024_1_1_0/data.bin (position: 3): (while reading from part "
            + "/tmp/x/store/2024_1_1_0/ in table remora.candles",
        "While reading …/data.bin (position: 3): (while reading from part …/2024_1_1_0 in table remora.candles"
    )]
    [InlineData("/tmp", "…/tmp")]
    [InlineData("see /usr/share/doc.", "see …/doc.")]
    [InlineData(
        "exit code 1: Error at file:///opt/remora/ccxt-bridge.mjs:3",
        "exit code 1: Error at file:///opt/remora/ccxt-bridge.mjs:3"
    )]
    [InlineData("/api/v1/status says why", "/api/v1/status says why")]
    [InlineData(
        "no answer from http://127.0.0.1:8100/tmp/sandbox of BTC/USDT",
        "no answer from http://127.0.0.1:8100/tmp/sandbox of BTC/USDT"
    )]
    [InlineData("BTC/USDT and ETH/USDT:USDT, 1/2, a / b, //, /", "BTC/USDT and ETH/USDT:USDT, 1/2, a / b, //, /")]
    [InlineData("", "")]
    public void Paths_are_cut_to_their_last_part(string text, string expected) =>
        Assert.Equal(expected, ServerPaths.Hide(text));

    [Fact]
    public void Json_stays_as_it_is_but_for_the_paths_in_its_texts()
    {
        var json =
            """{"a":1.50,"/tmp/key":null,"b":["BTC/USDT","'/tmp/x/y' is \"full\"","/tmp/ü/z"],"c":{"d":"2024-03-01T00:00:00Z","e":-1e-7}}""";
        Assert.Equal(
            """{"a":1.50,"/tmp/key":null,"b":["BTC/USDT","'…/y' is \"full\"","…/z"],"c":{"d":"2024-03-01T00:00:00Z","e":-1e-7}}""",
            Encoding.UTF8.GetString(ServerPaths.Hide(Encoding.UTF8.GetBytes(json)))
        );
    }
}
