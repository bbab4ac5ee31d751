using System.Text.Json;
using Remora.Markets;
using Remora.Testing;

namespace Remora.Sandbox.Tests.Ccxt;

/// <summary>
/// The real CCXT reads the simulator's own values from the sandbox, through the wire format of
/// every exchange.
/// </summary>
public sealed class CcxtIsContentTests(CcxtIsContentTests.World world) : IClassFixture<CcxtIsContentTests.World>
{
    private static readonly DateTimeOffset Now = new(2025, 6, 18, 9, 42, 30, TimeSpan.Zero);

    public static TheoryData<string, string, string, int> Questions()
    {
        var questions = new TheoryData<string, string, string, int>();
        foreach (var timeframe in new[] { "5m", "1h", "1d" })
        {
            questions.Add("binance", "BTC/USDT", timeframe, 1000);
            questions.Add("binance", "BTC/USDT:USDT", timeframe, 100);
            questions.Add("kraken", "BTC/USD", timeframe, 700);
            questions.Add("kraken", "DOGE/USDT", timeframe, 100);
            questions.Add("coinbase", "ETH/USD", timeframe, 300);
            questions.Add("bybit", "SOL/USDT", timeframe, 1000);
            questions.Add("okx", "XRP/USDT", timeframe, 300);
        }
        return questions;
    }

    [Theory]
    [MemberData(nameof(Questions))]
    public async Task Candles_since_a_moment_equal_the_simulator(string exchange, string symbol, string name, int limit)
    {
        var timeframe = Timeframe.Parse(name);
        var now = Instant.From(Now);
        var reach = Math.Min(limit, 200); // 230 days of history
        var since = now.Floor(timeframe.Length) - (timeframe.Length * (reach - 1));

        var read = await world.Ccxt.CallAsync(exchange, "fetchOHLCV", symbol, name, since.UnixMilliseconds, limit);

        var own = world.Series(symbol).Read(timeframe, since, Instant.MaxValue, now);
        Assert.Equal(reach, own.Count);
        Assert.Equal(own, Candles(read));
    }

    [Theory]
    [InlineData("binance", "BTC/USDT")]
    [InlineData("kraken", "BTC/USD")]
    [InlineData("coinbase", "BTC/USD")]
    [InlineData("bybit", "BTC/USDT")]
    [InlineData("okx", "BTC/USDT")]
    public async Task The_latest_candles_include_the_open_one(string exchange, string symbol)
    {
        var now = Instant.From(Now);
        var read = Candles(await world.Ccxt.CallAsync(exchange, "fetchOHLCV", symbol, "5m", null, 10));

        Assert.Equal(
            world.Series(symbol).Last(Timeframe.FiveMinutes, Instant.MinValue, Instant.MaxValue, 10, now),
            read[^10..]
        );
        Assert.Equal(now.Floor(Timeframe.FiveMinutes.Length), read[^1].OpenTime);
    }

    [Theory]
    [InlineData("binance", "XRP/USDT", 1000)]
    [InlineData("coinbase", "XRP/USD", 300)]
    [InlineData("bybit", "XRP/USDT", 1000)]
    [InlineData("okx", "XRP/USDT", 300)]
    public async Task An_old_page_is_full_and_starts_at_the_requested_time(string exchange, string symbol, int limit)
    {
        var since = Instant.From(Now.AddDays(-60)).Floor(Timeframe.FiveMinutes.Length);

        var read = Candles(
            await world.Ccxt.CallAsync(exchange, "fetchOHLCV", symbol, "5m", since.UnixMilliseconds, limit)
        );

        Assert.Equal(
            world.Series(symbol).First(Timeframe.FiveMinutes, since, Instant.MaxValue, limit, Instant.From(Now)),
            read
        );
    }

    [Fact]
    public async Task Kraken_has_only_the_last_720()
    {
        var since = Instant.From(Now.AddDays(-60));

        var read = Candles(
            await world.Ccxt.CallAsync("kraken", "fetchOHLCV", "BTC/USD", "5m", since.UnixMilliseconds, null)
        );

        Assert.Equal(720, read.Count);
        Assert.Equal(Instant.From(Now).Floor(Timeframe.FiveMinutes.Length), read[^1].OpenTime);
    }

    [Fact]
    public async Task Every_pair_is_listed_under_its_common_name()
    {
        foreach (var exchange in new[] { "binance", "kraken", "coinbase", "bybit", "okx" })
        {
            var symbols = (await world.Ccxt.CallAsync(exchange, "symbols"))
                .EnumerateArray()
                .Select(symbol => symbol.GetString()!)
                .ToHashSet();
            var expected = SandboxOptions.DefaultPairs.Select(pair => pair.ToString());
            if (exchange is "kraken" or "coinbase")
                expected = expected.Concat(SandboxOptions.DefaultPairs.Select(pair => pair.Base + "/USD"));
            if (exchange is "binance" or "bybit" or "okx")
                expected = expected.Concat(SandboxOptions.DefaultPairs.Select(pair => pair + ":USDT"));
            Assert.Equal(expected.Order(), symbols.Order());
        }
    }

    [Fact]
    public async Task Funding_rate_and_open_interest_of_a_perpetual()
    {
        var funding = await world.Ccxt.CallAsync("binance", "fetchFundingRate", "BTC/USDT:USDT");
        var interest = await world.Ccxt.CallAsync("binance", "fetchOpenInterest", "BTC/USDT:USDT");

        Assert.InRange(funding.GetProperty("fundingRate").GetDouble(), -0.003, 0.003);
        Assert.Equal(Instant.From(Now).UnixMilliseconds, funding.GetProperty("timestamp").GetInt64());
        Assert.True(interest.GetProperty("openInterestAmount").GetDouble() > 0);
    }

    private static List<Candle> Candles(JsonElement rows) =>
        [
            .. rows.EnumerateArray()
                .Select(row => new Candle(
                    new(row[0].GetInt64()),
                    row[1].GetDouble(),
                    row[2].GetDouble(),
                    row[3].GetDouble(),
                    row[4].GetDouble(),
                    row[5].GetDouble()
                )),
        ];

    /// <summary>One sandbox and one CCXT process for all tests.</summary>
    public sealed class World : IAsyncLifetime
    {
        private SandboxServer? _sandbox;
        private CcxtProcess? _ccxt;

        internal CcxtProcess Ccxt => _ccxt!;

        public Series.CandleSeries Series(string symbol) =>
            _sandbox!.World.Markets[Pair.Parse(symbol.Split('/')[0] + "/USDT")];

        public async ValueTask InitializeAsync()
        {
            _sandbox = await SandboxServer.StartAsync(new(), new ManualClock(Now));
            _ccxt = await CcxtProcess.StartAsync(_sandbox.Url);
        }

        public async ValueTask DisposeAsync()
        {
            if (_ccxt is not null)
                await _ccxt.DisposeAsync();
            if (_sandbox is not null)
                await _sandbox.DisposeAsync();
        }
    }
}
