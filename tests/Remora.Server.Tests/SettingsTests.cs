using Remora.Markets;
using Remora.Risk;
using Remora.Server.Settings;

namespace Remora.Server.Tests;

public sealed class SettingsTests : IDisposable
{
    private static readonly Dictionary<string, string> None = [];
    private readonly string _folder = Directory.CreateTempSubdirectory("remora-settings").FullName;

    [Fact]
    public void Without_anything_the_defaults_hold()
    {
        var settings = SettingsReader.Read(null, None, None);
        Assert.Equal(
            ["binance BTC/USDT 5m", "binance ETH/USDT 5m", "binance SOL/USDT 5m"],
            settings.TrackedMarkets.Select(market => market.Id.ToString())
        );
        Assert.Equal(("127.0.0.1", 8000, "remora-2"), (settings.Host, settings.Port, settings.DefaultPolicy));
        Assert.Equal(
            ["remora-2", "remora-1", "conservative", "aggressive"],
            settings.Policies.Select(policy => policy.Name)
        );
    }

    [Fact]
    public void The_default_policy_can_be_a_file_beside_a_folder_of_policies()
    {
        var own = Write("""{ "name": "own", "model": "remora-2", "block_from": 0.8 }""", "own.json");
        var policies = Directory.CreateDirectory(Path.Combine(_folder, "policies")).FullName;
        File.WriteAllText(Path.Combine(policies, "other.json"), """{ "name": "other" }""");
        var settings = SettingsReader.Read(
            Write($$"""{ "policy": "{{own}}", "policies": "{{policies}}" }""", "settings.json"),
            None,
            None
        );
        Assert.Equal("own", settings.DefaultPolicy);
        Assert.Equal(
            ["own", "remora-2", "remora-1", "conservative", "aggressive", "other"],
            settings.PoliciesInOrder.Select(policy => policy.Name)
        );
        Assert.Equal(0.8, settings.PoliciesInOrder[0].BlockFrom);

        foreach (
            var (content, expected) in new[]
            {
                ("""{ "name": "remora-1", "decision": { "blocking_score": 0.5 } }""", "'remora-1' is taken by another"),
                ("""{ "block": 1 }""", "block: unknown field, expected one of name"),
            }
        )
        {
            Write(content, "own.json");
            var error = Assert.Throws<SettingsException>(() =>
                SettingsReader.Read(null, None, new Dictionary<string, string> { ["policy"] = own })
            );
            Assert.Contains(own, Assert.Single(error.Errors), StringComparison.Ordinal);
            Assert.Contains(expected, error.Errors[0], StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Intervals_of_sources_are_named_and_bounded()
    {
        var file = Write("""{ "source_intervals": ["yahoo-vix=1800", "news=600"] }""");
        var settings = SettingsReader.Read(file, None, None);
        Assert.Equal(TimeSpan.FromMinutes(30), settings.IntervalOf("yahoo-vix"));
        Assert.Equal(TimeSpan.FromMinutes(10), settings.IntervalOf(SourceInterval.News));
        Assert.Null(settings.IntervalOf("coingecko"));
        foreach (var wrong in new[] { "yahoo=60", "news=9", "news=86401", "news", "news=x", "=60", "news=60=60" })
        {
            var error = Assert.Throws<SettingsException>(() =>
                SettingsReader.Read(null, new Dictionary<string, string> { ["REMORA_SOURCE_INTERVALS"] = wrong }, None)
            );
            Assert.Contains("10 to 86400 seconds and one of alternative.me,", Assert.Single(error.Errors));
        }
    }

    [Fact]
    public void Flags_win_over_the_environment_and_that_over_the_file()
    {
        var file = Write(
            """
            {
              // comments are welcome
              "port": 1, "exchange": "kraken", "timeframe": "1h", "pairs": ["BTC/USD", "eth/usd"],
            }
            """
        );
        var settings = SettingsReader.Read(
            file,
            new Dictionary<string, string>
            {
                ["REMORA_PORT"] = "2",
                ["REMORA_EXCHANGE"] = "okx",
                ["PATH"] = "/bin",
                ["REMORA_SHARED"] = "x",
            },
            new Dictionary<string, string> { ["port"] = "3", ["poll-delay"] = "1.5" }
        );
        Assert.Equal(
            (3, "okx", Timeframe.OneHour, TimeSpan.FromSeconds(1.5)),
            (settings.Port, settings.Exchange, settings.Timeframe, settings.PollDelay)
        );
        Assert.Equal(
            ["okx BTC/USD 1h", "okx ETH/USD 1h"],
            settings.TrackedMarkets.Select(market => market.Id.ToString())
        );
    }

    [Fact]
    public void A_key_of_a_source_comes_from_the_environment_and_is_refused_elsewhere()
    {
        const string key = "secret-key-0123456789";
        var settings = SettingsReader.Read(
            null,
            new Dictionary<string, string> { ["REMORA_COINGLASS_KEY"] = key },
            None
        );
        Assert.NotNull(settings.Keys.Coinglass);
        Assert.DoesNotContain(key, $"{settings}", StringComparison.Ordinal);

        var file = Write($$"""{ "coinglass_key": "{{key}}" }""");
        foreach (
            var read in new Action[]
            {
                () => SettingsReader.Read(file, None, None),
                () => SettingsReader.Read(null, None, new Dictionary<string, string> { ["coinglass-key"] = key }),
            }
        )
        {
            var error = Assert.Single(Assert.Throws<SettingsException>(read).Errors);
            Assert.Contains(
                "set the environment variable REMORA_COINGLASS_KEY instead",
                error,
                StringComparison.Ordinal
            );
            Assert.DoesNotContain(key, error, StringComparison.Ordinal);
        }
        var bad = Assert.Throws<SettingsException>(() =>
            SettingsReader.Read(null, new Dictionary<string, string> { ["REMORA_FRED_API_KEY"] = "not a key!" }, None)
        );
        Assert.Contains("REMORA_FRED_API_KEY", Assert.Single(bad.Errors), StringComparison.Ordinal);
        Assert.DoesNotContain("not a key!", bad.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_port_of_the_engine_needs_a_password()
    {
        var port = new Dictionary<string, string> { ["clickhouse-port"] = "8123" };
        Assert.Contains(
            "clickhouse_port is 8123 and has no password: set REMORA_CLICKHOUSE_PORT_PASSWORD, or name a file",
            Refused([], port)
        );
        foreach (var wrong in new[] { "short", "two\nlines", "päßwörter", new string('x', 201) })
        {
            var refused = Refused(Password(wrong), port);
            Assert.Contains(
                "REMORA_CLICKHOUSE_PORT_PASSWORD is not a valid password: expected 8 to 200 printable ASCII characters",
                refused
            );
            Assert.DoesNotContain(wrong, refused);
        }
        Assert.Equal("a password", SettingsReader.Read(null, Password("a password"), port).ClickhousePortPassword);

        var file = Path.Combine(_folder, "password");
        port["clickhouse-port-password-file"] = file;
        Assert.Contains("clickhouse_port_password_file cannot be read", Refused([], port));
        File.WriteAllText(file, "of a file\r\nnot this line\n");
        Assert.Equal("of a file", SettingsReader.Read(null, None, port).ClickhousePortPassword);
        Assert.Contains("set one of them", Refused(Password("a password"), port));
        File.WriteAllText(file, "\n");
        Assert.Contains("expected 8 to 200 printable ASCII characters", Refused([], port));

        var native = new Dictionary<string, string> { ["clickhouse-native-port"] = "9000" };
        Assert.Contains("clickhouse_native_port is 9000 and has no password", Refused([], native));
        Assert.Equal("a password", SettingsReader.Read(null, Password("a password"), native).ClickhousePortPassword);

        // Without the port it is not required. Outside the environment it is refused, and the error
        // does not repeat it.
        Assert.Null(SettingsReader.Read(null, Password("a password"), None).ClickhousePortPassword);
        Assert.Null(
            SettingsReader
                .Read(null, None, new Dictionary<string, string> { ["clickhouse-port"] = "8123", ["store"] = "false" })
                .ClickhousePortPassword
        );
        var inFile = Assert.Throws<SettingsException>(() =>
            SettingsReader.Read(Write("""{ "clickhouse_port_password": "hunter2-hunter2" }"""), None, None)
        );
        Assert.Contains("set the environment variable REMORA_CLICKHOUSE_PORT_PASSWORD instead", inFile.Message);
        Assert.DoesNotContain("hunter2", inFile.Message);

        static Dictionary<string, string> Password(string text) => new() { ["REMORA_CLICKHOUSE_PORT_PASSWORD"] = text };
        static string Refused(Dictionary<string, string> environment, Dictionary<string, string> flags) =>
            Assert.Single(Assert.Throws<SettingsException>(() => SettingsReader.Read(null, environment, flags)).Errors);
    }

    [Fact]
    public void Markets_may_differ_from_each_other()
    {
        var file = Write(
            """{ "timeframe": "15m", "fallbacks": ["okx"], "markets": [ { "pair": "BTC/USDT", "exchange": "kraken", "fallbacks": ["bybit", "coinbase:BTC/USD"] }, { "pair": "ETH/USDT", "timeframe": "1h" } ] }"""
        );
        var settings = SettingsReader.Read(file, None, None);
        Assert.Equal(
            ["kraken BTC/USDT 15m | bybit, coinbase:BTC/USD", "binance ETH/USDT 1h | okx"],
            settings.TrackedMarkets.Select(market => $"{market.Id} | {string.Join(", ", market.Fallbacks)}")
        );
    }

    [Theory]
    [InlineData(
        """{ "port": 99999 }""",
        "FILE:1:11: port is '99999': expected a whole number from 0 to 65535; 0 selects a free port"
    )]
    [InlineData("{\n  \"prot\": 1\n}", "FILE:2:11: unknown setting 'prot': did you mean 'port'?")]
    [InlineData(
        """{ "pairs": ["BTCUSDT"] }""",
        "FILE:1:12: pairs is 'BTCUSDT': expected pairs such as BTC/USDT, each once"
    )]
    [InlineData(
        """{ "pairs": ["BTC/USDT", "btc/usdt"] }""",
        "FILE:1:12: pairs is 'BTC/USDT, btc/usdt': expected pairs such as BTC/USDT, each once"
    )]
    [InlineData(
        """{ "timeframe": "7m" }""",
        "FILE:1:16: timeframe is '7m': expected one of 1m, 3m, 5m, 15m, 30m, 1h, 2h, 4h, 6h, 8h, 12h, 1d"
    )]
    [InlineData("""{ "sources": "yes" }""", "FILE:1:14: sources is 'yes': expected true or false")]
    [InlineData(
        """{ "contact_email": "me @example.org" }""",
        "FILE:1:20: contact_email is 'me @example.org': expected an e-mail address such as you@example.org"
    )]
    [InlineData(
        """{ "policy": "mine" }""",
        "FILE:1:13: policy is 'mine': expected one of remora-2, remora-1, conservative, aggressive"
    )]
    [InlineData(
        """{ "host": "0.0.0.0", "data": "/nowhere" }""",
        "FILE:1:11: host is '0.0.0.0', which other machines can reach, and there are no keys: create one with "
            + "'remora keys add NAME', or set allow_anonymous to true"
    )]
    [InlineData("""{ "port": 1, "port": 2 }""", "FILE:1:14: 'port' is set twice")]
    [InlineData(
        """{ "port": null }""",
        "FILE:1:11: port: expected a text, a number, true or false, or a list of these"
    )]
    [InlineData("""{ "markets": [ { "exchange": "okx" } ] }""", "FILE:1:16: markets[0]: 'pair' is missing")]
    [InlineData(
        """{ "markets": [ { "pair": "BTC/USDT", "exchnage": "okx" } ] }""",
        "FILE:1:50: unknown setting 'markets[0].exchnage': did you mean 'exchange'?"
    )]
    [InlineData(
        """{ "markets": [ { "pair": "BTC" } ] }""",
        "FILE:1:26: markets[0].pair is 'BTC': expected a pair such as BTC/USDT"
    )]
    [InlineData(
        """{ "markets": [ { "pair": "BTC/USDT" }, { "pair": "BTC/USDT" } ] }""",
        "markets: binance BTC/USDT 5m is listed twice"
    )]
    [InlineData("[]", "FILE:1:1: expected an object { … }")]
    [InlineData(
        "{ \"port\": 8000 \"host\": 1 }",
        "FILE:1:16: '\"' is invalid after a value. Expected either ',', '}', or ']'."
    )]
    [InlineData(
        "",
        "FILE:1:1: The input does not contain any JSON tokens. Expected the input to start with a valid JSON token, "
            + "when isFinalBlock is true."
    )]
    [InlineData("{} {}", "FILE:1:4: '{' is invalid after a single JSON value. Expected end of data.")]
    public void What_is_wrong_in_a_file_is_said_with_its_place(string json, string complaint)
    {
        var file = Write(json);
        var e = Assert.Throws<SettingsException>(() => SettingsReader.Read(file, None, None));
        Assert.Equal(complaint.Replace("FILE", file), Assert.Single(e.Errors));
    }

    [Fact]
    public void What_is_wrong_in_variables_and_flags_is_said_with_their_names_and_all_at_once()
    {
        var e = Assert.Throws<SettingsException>(() =>
            SettingsReader.Read(
                null,
                new Dictionary<string, string> { ["REMORA_PORT"] = "x", ["REMORA_PAIR"] = "BTC/USDT" },
                new Dictionary<string, string> { ["poll-delay"] = "-1", ["speed"] = "0" }
            )
        );
        Assert.Equal(
            [
                "variable REMORA_PAIR: unknown setting 'pair': did you mean 'pairs'?",
                "variable REMORA_PORT: port is 'x': expected a whole number from 0 to 65535; 0 selects a free port",
                "flag --poll-delay: poll_delay is '-1': expected seconds from 0 to 300",
                "flag --speed: speed is '0': expected a number from 0.01 to 100000",
            ],
            e.Errors
        );
    }

    [Fact]
    public void A_file_that_is_not_there_is_named()
    {
        var e = Assert.Throws<SettingsException>(() =>
            SettingsReader.Read(Path.Combine(_folder, "none.json"), None, None)
        );
        Assert.Contains("none.json cannot be read", Assert.Single(e.Errors), StringComparison.Ordinal);
    }

    [Fact]
    public void Others_may_reach_the_service_when_that_is_said()
    {
        var settings = SettingsReader.Read(
            null,
            None,
            new Dictionary<string, string> { ["host"] = "0.0.0.0", ["allow-anonymous"] = "true" }
        );
        Assert.Equal("0.0.0.0", settings.Host);
    }

    [Fact]
    public void Policies_come_from_a_folder_and_the_chosen_one_is_first()
    {
        Write("""{ "name": "careful", "decision": { "blocking_score": 0.7 } }""", "careful.json");
        var settings = SettingsReader.Read(
            null,
            None,
            new Dictionary<string, string> { ["policies"] = _folder, ["policy"] = "careful" }
        );
        Assert.Equal(
            ["careful", "remora-2", "remora-1", "conservative", "aggressive"],
            settings.PoliciesInOrder.Select(policy => policy.Name)
        );
        Assert.Equal(0.7, settings.PoliciesInOrder[0].Decision.BlockingScore);
    }

    [Theory]
    [InlineData("""{ "name": "x", "weights": { "volatility": 2 } }""", "weights.volatility")]
    [InlineData("""{ "name": "x", "weihgts": {} }""", "weihgts")]
    [InlineData("""{ "name": "x", """, "line 1")]
    [InlineData("{}", "'remora-1' is taken")]
    public void Broken_policies_are_refused_with_file_and_field(string json, string field)
    {
        Write(json, "broken.json");
        var e = Assert.Throws<SettingsException>(() =>
            SettingsReader.Read(null, None, new Dictionary<string, string> { ["policies"] = _folder })
        );
        var complaint = Assert.Single(e.Errors);
        Assert.StartsWith(
            $"flag --policies: policies: {Path.Combine(_folder, "broken.json")}: ",
            complaint,
            StringComparison.Ordinal
        );
        Assert.Contains(field, complaint, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Write(string json, string name = "remora.json")
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, json);
        return path;
    }
}
