using System.Text.Json;
using Remora.Forecasts;
using Remora.Markets;
using Remora.Portfolios;
using Remora.Risk;
using Remora.Testing;

namespace Remora.Native.Tests;

/// <summary>remora_book answers as the portfolio model does, now and for past moments.</summary>
public sealed class BookTests(PublishedLibrary published) : IDisposable
{
    private const int Days = 25; // within the 30 days that correlations count
    private const string Question = """
        { "positions": [{ "pair": "BTC/USDT", "weight": 0.5 }, { "pair": "ETH/USDT", "weight": -0.2 }],
          "limit": 0.04, "candidate": { "pair": "ETH/USDT", "side": "short", "size": 0.1 } }
        """;

    private static readonly (MarketId Market, Candle[] Candles)[] Markets =
    [
        (Some.Btc, Some.Candles(11, Days * 288)),
        (Some.Eth, Some.Candles(12, Days * 288)),
    ];

    private readonly List<ulong> _engines = [];

    private EngineLibrary Library => published.Loaded;

    public void Dispose() => _engines.ForEach(Library.Free);

    [Fact]
    public void The_newest_answer_equals_the_model()
    {
        var engine = new RemoraEngine();
        foreach (var (market, candles) in Markets)
        foreach (var candle in candles)
            engine.Apply(MarketEvent.Closed(market, candle));
        var known = Markets.Select(one =>
        {
            var last = engine.Assess(one.Market, 0, one.Candles[^1].OpenTime + one.Market.Timeframe.Length);
            return new PortfolioMarket(one.Market, last.Forecast, double.NaN);
        });
        var risk = new PortfolioModel(engine.Correlations.Snapshot(), known).Assess(
            [new(Some.Btc.Pair, 0.5), new(Some.Eth.Pair, -0.2)],
            new(Horizon.OneDay)
            {
                Limit = 0.04,
                Candidate = new(Some.Eth.Pair, Side.Short) { Size = 0.1 },
            }
        )!;
        using var answer = Ask(Open(Days * 288), Question);
        var root = answer.RootElement;
        Assert.Equal(risk.Book.Volatility, root.GetProperty("volatility").GetDouble());
        Assert.Equal(risk.Candidate!.IsHedge, root.GetProperty("candidate").GetProperty("is_hedge").GetBoolean());
        AssertNumber(risk.Book.At95.ValueAtRisk, root.GetProperty("value_at_risk").GetProperty("0.95"));
        AssertNumber(risk.Book.At99.ExpectedShortfall, root.GetProperty("expected_shortfall").GetProperty("0.99"));
        AssertNumber(risk.Candidate.LargestSize, root.GetProperty("candidate").GetProperty("largest_size"));
        Assert.Equal(risk.Assumed.Count, root.GetProperty("assumed").GetInt32());
    }

    [Fact]
    public void A_past_answer_is_that_of_engines_which_know_no_more()
    {
        var all = Open(Days * 288);
        foreach (var hour in new[] { 30, 250, (24 * Days) - 1 })
        {
            var known = Open(hour * 12);
            var end = Markets[0].Candles[(hour * 12) - 1].OpenTime + Timeframe.FiveMinutes.Length;
            foreach (var minutes in new[] { 0, 59 })
                Assert.Equal(
                    Library.Book(known, Question),
                    Library.Book(all, Question, (end + TimeSpan.FromMinutes(minutes)).UnixMilliseconds)
                );
        }
        using var early = Ask(all, Question, Markets[0].Candles[0].OpenTime.UnixMilliseconds);
        Assert.Equal(
            ["BTC/USDT", "ETH/USDT"],
            early.RootElement.GetProperty("unknown").EnumerateArray().Select(pair => pair.GetString()).Order()
        );
        Assert.Equal(JsonValueKind.Null, early.RootElement.GetProperty("volatility").ValueKind);
    }

    [Theory]
    [InlineData("""{ "positions": [{ "pair": "BTC", "weight": 1 }] }""", "positions[0]: pair is 'BTC'")]
    [InlineData("""{ "positions": [{ "pair": "BTC/USDT" }] }""", "positions[0]: expected weight")]
    [InlineData("""{ "positions": [{ "pair": "BTC/USDT", "weight": 0 }] }""", "positions[0].weight")]
    [InlineData("""{ "positions": [null] }""", "positions[0]: pair is missing")]
    [InlineData("""{ "horizon": "1h" }""", "horizon: expected 4h or 24h")]
    [InlineData("""{ "horizon": "2h" }""", "horizon is '2h'")]
    [InlineData("""{ "limit": -1 }""", "limit")]
    [InlineData("""{ "candidate": { "pair": "BTC/USDT" } }""", "candidate: expected side")]
    [InlineData("""{ "wallet": 1 }""", "wallet")]
    [InlineData("[]", "JSON")]
    public void Questions_are_refused_with_their_field(string question, string expected)
    {
        var refusal = Assert.Throws<EngineRefusal>(() => Library.Book(Open(12), question));
        Assert.Equal(3, refusal.Code);
        Assert.Contains(expected, refusal.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void An_engine_without_hours_is_refused()
    {
        var engine = Library.Create("""{ "pair": "BTC/USDT" }""");
        _engines.Add(engine);
        var refusal = Assert.Throws<EngineRefusal>(() => Library.Book([engine], Question));
        Assert.Equal(1, refusal.Code);
        Assert.Contains("without book_hours", refusal.Message);
        refusal = Assert.Throws<EngineRefusal>(() => Library.Create("""{ "pair": "A/B", "book_hours": 200001 }"""));
        Assert.Contains("book_hours is 200001: expected 0 to 200000", refusal.Message);
        Assert.Equal(2, Assert.Throws<EngineRefusal>(() => Library.Book([ulong.MaxValue], Question)).Code);
    }

    private ulong[] Open(int candles)
    {
        var handles = new List<ulong>();
        foreach (var (market, all) in Markets)
        {
            var engine = Library.Create(
                $$"""{ "pair": "{{market.Pair}}", "timeframe": "5m", "book_hours": 720, "shipped_calendar": false }"""
            );
            Library.Apply(engine, all.AsSpan(0, candles), []);
            handles.Add(engine);
        }
        _engines.AddRange(handles);
        return [.. handles];
    }

    private JsonDocument Ask(ulong[] engines, string question, long at = long.MinValue) =>
        JsonDocument.Parse(Library.Book(engines, question, at));

    private static void AssertNumber(double expected, JsonElement actual)
    {
        if (double.IsNaN(expected))
            Assert.Equal(JsonValueKind.Null, actual.ValueKind);
        else
            Assert.Equal(expected, actual.GetDouble());
    }
}
