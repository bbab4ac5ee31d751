using Remora.Markets;
using Remora.Sandbox.Faults;

namespace Remora.Sandbox.Tests.Faults;

/// <summary>Faults within the list of candles, in the wire format of every exchange.</summary>
public sealed class CandleFaultTests : IAsyncLifetime
{
    private SandboxServer? _sandbox;
    private HttpClient? _client;

    public static TheoryData<string> Exchanges() => ["binance", "kraken", "coinbase", "bybit", "okx"];

    public async ValueTask InitializeAsync()
    {
        _sandbox = await SandboxRig.Sandbox();
        _client = SandboxRig.Client(_sandbox);
    }

    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        if (_sandbox is not null)
            await _sandbox.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Exchanges))]
    public async Task Each_candle_fault_applies_until_it_is_cleared(string exchange)
    {
        var whole = await Rows(exchange);
        Assert.Equal(100, whole.Count);

        var duplicates = await Rows(exchange, FaultKind.Duplicates);
        Assert.True(duplicates.Count > 100);
        Assert.Equal(whole, duplicates.Distinct());

        var gaps = await Rows(exchange, FaultKind.Gaps);
        Assert.InRange(gaps.Count, 50, 99);
        Assert.Equal(gaps, whole.Where(gaps.Contains));

        var disorder = await Rows(exchange, FaultKind.Disorder);
        Assert.NotEqual(whole, disorder);
        Assert.Equal(whole.Order(), disorder.Order());

        var bad = await Rows(exchange, FaultKind.BadValues);
        Assert.Equal(100, bad.Count);
        Assert.NotEqual(whole, bad);

        Assert.Single(whole.Except(await Rows(exchange, FaultKind.PriceSpike)));
        Assert.Equal(2, whole.Except(await Rows(exchange, FaultKind.RevisedCandles)).Count());
        Assert.Empty(whole.Intersect(await Rows(exchange, FaultKind.PriceLevel)));

        Assert.Empty(await Rows(exchange, FaultKind.EmptyList));
        Assert.Equal(whole, await Rows(exchange));
    }

    [Fact]
    public async Task Bad_values_are_null_negative_and_inverted()
    {
        _sandbox!.Faults.Add(new(FaultKind.BadValues));
        var rows = await _client!.Json("/api.binance.com/api/v3/klines?symbol=BTCUSDT&interval=5m&limit=1000");
        var closes = rows.EnumerateArray().Select(row => row[4].GetString()).ToList();
        var lows = rows.EnumerateArray().Select(row => double.Parse(row[3].GetString()!)).ToList();
        var highs = rows.EnumerateArray().Select(row => double.Parse(row[2].GetString()!)).ToList();

        Assert.Contains(null, closes);
        Assert.Contains(lows, low => low < 0);
        Assert.Contains(highs.Zip(lows), pair => pair.First < pair.Second);
    }

    [Fact]
    public async Task A_wrong_clock_moves_candles_into_the_future()
    {
        _sandbox!.Faults.Add(new(FaultKind.WrongClock) { ClockError = TimeSpan.FromMinutes(7) });
        var rows = await _client!.Json("/api.binance.com/api/v3/klines?symbol=BTCUSDT&interval=5m&limit=2");

        var open = SandboxRig.Now.Floor(Timeframe.FiveMinutes.Length) + TimeSpan.FromMinutes(10);
        Assert.Equal(open.UnixMilliseconds, rows[1][0].GetInt64());
    }

    [Theory]
    [InlineData(FaultKind.PriceSpike, 1000, 8)]
    [InlineData(FaultKind.PriceSpike, 0.001, 8)]
    [InlineData(FaultKind.RevisedCandles, 1000, 6, 7)]
    [InlineData(FaultKind.PriceLevel, 0.04, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9)]
    [InlineData(FaultKind.OpenCandle, 0.9, 9)]
    public async Task Plausible_faults_change_only_the_intended_candles(
        FaultKind kind,
        double factor,
        params int[] wrong
    )
    {
        const string path = "/api.binance.com/api/v3/klines?symbol=BTCUSDT&interval=5m&limit=10";
        var whole = Candles(await _client!.Json(path));
        _sandbox!.Faults.Add(new(kind) { PriceFactor = factor });
        var damaged = Candles(await _client!.Json(path));
        Assert.Equal(wrong, Enumerable.Range(0, 10).Where(i => damaged[i] != whole[i]));
        Assert.All(
            damaged,
            candle => Assert.Equal(CandleFault.None, candle.Check(Timeframe.FiveMinutes, Instant.MaxValue))
        );
        var ratio = damaged[wrong[^1]].Close / whole[wrong[^1]].Close;
        Assert.InRange(ratio / (kind == FaultKind.RevisedCandles ? 1.0001 : factor), 0.98, 1.02);
        Assert.DoesNotContain(kind, new FaultStorm(1).Kinds);
    }

    private static List<Candle> Candles(System.Text.Json.JsonElement rows) =>
        [
            .. rows.EnumerateArray()
                .Select(row => new Candle(
                    new(row[0].GetInt64()),
                    Number(row[1]),
                    Number(row[2]),
                    Number(row[3]),
                    Number(row[4]),
                    Number(row[5])
                )),
        ];

    private static double Number(System.Text.Json.JsonElement cell) =>
        double.Parse(cell.GetString()!, System.Globalization.CultureInfo.InvariantCulture);

    private async Task<List<string>> Rows(string exchange, FaultKind? kind = null)
    {
        var end = SandboxRig.Now.UnixMilliseconds / 1000;
        var (path, list) = exchange switch
        {
            "binance" => ("/api.binance.com/api/v3/klines?symbol=BTCUSDT&interval=5m&limit=100", ""),
            "kraken" => (
                $"/api.kraken.com/0/public/OHLC?pair=XXBTZUSD&interval=5&since={end - (100 * 300)}",
                "result.XXBTZUSD"
            ),
            "coinbase" => (
                $"/api.coinbase.com/api/v3/brokerage/market/products/BTC-USD/candles?granularity=FIVE_MINUTE&start={end - (100 * 300)}&end={end}",
                "candles"
            ),
            "bybit" => (
                "/api.bybit.com/v5/market/kline?category=spot&symbol=BTCUSDT&interval=5&limit=100",
                "result.list"
            ),
            _ => ("/www.okx.com/api/v5/market/candles?instId=BTC-USDT&bar=5m&limit=100", "data"),
        };
        if (kind is not null)
            _sandbox!.Faults.Add(new(kind.Value));
        var answer = await _client!.Json(path);
        _sandbox!.Faults.Clear();
        foreach (var name in list.Split('.', StringSplitOptions.RemoveEmptyEntries))
            answer = answer.GetProperty(name);
        return [.. answer.EnumerateArray().Select(row => row.GetRawText())];
    }
}
