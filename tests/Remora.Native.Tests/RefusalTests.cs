using Remora.Columns;
using Remora.Markets;
using Remora.Testing;

namespace Remora.Native.Tests;

/// <summary>What the library refuses, with the code, the row and the column.</summary>
public sealed class RefusalTests(PublishedLibrary published)
{
    private const int Argument = 1;
    private const int Engine = 2;
    private const int Options = 3;
    private const int Candle = 4;

    private static readonly Request Score = new("risk_score", ValueKind.Number);

    private EngineLibrary Library => published.Loaded;

    [Theory]
    [InlineData(" ", "JSON")]
    [InlineData("null", "null")]
    [InlineData("[]", "JSON")]
    [InlineData("{}", "pair is missing: expected BASE/QUOTE")]
    [InlineData("""{ "pair": "BTC" }""", "pair is 'BTC'")]
    [InlineData("""{ "pair": 7 }""", "$.pair")]
    [InlineData("""{ "pair": "BTC/USDT", "timeframe": "7m" }""", "timeframe is '7m': expected one of 1m, 3m")]
    [InlineData("""{ "pair": "BTC/USDT", "pairs": "ETH/USDT" }""", "pairs")]
    [InlineData("""{ "pair": "BTC/USDT", "policies": [] }""", "0 policies: expected 1 to 64")]
    [InlineData("""{ "pair": "BTC/USDT", "policies": ["bold"] }""", "'bold' is not a policy: expected remora-2")]
    [InlineData("""{ "pair": "BTC/USDT", "policies": ["{\"weights\":{\"regime\":2}}"] }""", "weights.regime")]
    [InlineData("""{ "pair": "BTC/USDT", "policies": ["remora-1", "remora-1"] }""", "two policies")]
    [InlineData("""{ "pair": "BTC/USDT", "calendar_file": "/no/such" }""", "/no/such")]
    [InlineData("""{ "pair": "BTC/USDT", "calendar_file": "a\u0000b" }""", "calendar_file is 'a?b'")]
    [InlineData("""{ "pair": "BTC/USDT", "calendar": [{ "name": "x" }] }""", "calendar[0]: expected time")]
    [InlineData("""{ "pair": "BTC/USDT", "outside": [{ "kind": "moon" }] }""", "outside[0]: kind is 'moon'")]
    [InlineData("""{ "pair": "BTC/USDT", "outside": [{ "kind": "vix_daily" }] }""", "outside[0]: expected either")]
    [InlineData(
        """{ "pair": "BTC/USDT", "outside": [{ "kind": "vix_daily", "times": [1], "values": [] }] }""",
        "outside[0]: there are 1 times and 0 values"
    )]
    [InlineData(
        """{ "pair": "BTC/USDT", "outside": [{ "kind": "vix_daily", "file": "/no/such" }] }""",
        "outside[0]: /no/such"
    )]
    public void Options_are_refused_with_their_field(string options, string expected)
    {
        var refusal = Assert.Throws<EngineRefusal>(() => Library.Create(options));
        Assert.Equal(Options, refusal.Code);
        Assert.Contains(expected, refusal.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("timestamp", "not later")]
    [InlineData("timestamp", "1 to 9999")]
    [InlineData("timestamp", "multiple of 5m")]
    [InlineData("open", "not a finite number")]
    [InlineData("low", "0 or negative")]
    [InlineData("high", "not the highest")]
    [InlineData("low", "low not the lowest")]
    [InlineData("volume", "negative")]
    public void A_candle_is_refused_with_its_row_and_column_and_none_is_applied(string column, string expected)
    {
        var candles = Some.Candles(1, 10);
        var bad = candles[6];
        bad = (column, expected) switch
        {
            ("timestamp", "not later") => bad with { OpenTime = candles[5].OpenTime },
            ("timestamp", "1 to 9999") => bad with { OpenTime = new(long.MinValue) },
            ("timestamp", _) => bad with { OpenTime = new(bad.OpenTime.UnixMilliseconds + 1) },
            ("open", _) => bad with { Open = double.NaN },
            ("low", "0 or negative") => bad with { Low = 0 },
            ("high", _) => bad with { High = bad.Low / 2 },
            ("low", _) => bad with { Low = bad.High * 2, High = bad.High * 3 },
            _ => bad with { Volume = -1 },
        };
        var engine = Library.Create("""{ "pair": "BTC/USDT", "timeframe": "5m" }""");
        Candle[] spoiled = [.. candles[..6], bad, .. candles[7..]];
        var refusal = Assert.Throws<EngineRefusal>(() => Library.Apply(engine, spoiled, [Score]));
        Assert.Equal((Candle, 6, column), (refusal.Code, refusal.Row, refusal.Column));
        Assert.StartsWith($"row 6, {column}: ", refusal.Message);
        Assert.Contains(expected, refusal.Message);

        Library.Apply(engine, candles, [Score]); // nothing of it was applied
        refusal = Assert.Throws<EngineRefusal>(() => Library.Apply(engine, candles, [Score]));
        Assert.Equal((Candle, 0, "timestamp"), (refusal.Code, refusal.Row, refusal.Column));
        Library.Free(engine);
    }

    [Fact]
    public void Lengths_columns_policies_and_sides_are_checked()
    {
        var engine = Library.Create("""{ "pair": "BTC/USDT", "timeframe": "5m" }""");
        Array[] candles = [new[] { 0L, 300_000L }, Pair(1), Pair(1), Pair(1), Pair(1), Pair(1)];
        Array[] shorter = [.. candles[..3], new[] { 1.0 }, .. candles[4..]];
        Array[] missing = [.. candles[..3], Array.Empty<double>(), .. candles[4..]];
        Refuse("'low' has 1 values, and 'timestamp' has 2", shorter, Score, new double[2]);
        Refuse("'low' has 0 values", missing, Score, new double[2]);
        Refuse("has 8 bytes: 2 values of kind number need 16", candles, Score, new double[1]);
        Refuse("null", candles, Score, Array.Empty<double>());
        Refuse("'score' is not a column: expected one of date", candles, Score with { Column = "score" }, Pair(0));
        Refuse("name of column 0", candles, Score with { Column = new('x', 100) }, Pair(0));
        Refuse("1 is not the position of a policy: expected 0 to 0", candles, Score with { Policy = 1 }, Pair(0));
        Refuse("-1 is not the position", candles, Score with { Policy = -1 }, Pair(0));
        Refuse("2 is not a side", candles, Score with { Side = 2 }, Pair(0));
        Assert.Contains("no assessment before", Assert.Throws<EngineRefusal>(() => Library.Json(engine)).Message);
        Library.Apply(engine, candles, [Score], [Pair(0)]);
        Assert.Contains(
            "out of range",
            Assert.Throws<EngineRefusal>(() => Library.Json(engine, now: 1L << 60)).Message
        );
        Assert.Contains("not the code", Assert.Throws<EngineRefusal>(() => Library.Text(engine, 1000)).Message);
        Assert.Contains(
            "created without",
            Assert
                .Throws<EngineRefusal>(() =>
                    Library.Observe(engine, """[{ "kind": "vix_daily", "times": [], "values": [] }]""")
                )
                .Message
        );
        Library.Free(engine);

        void Refuse(string expected, Array[] given, Request request, Array filled)
        {
            var refusal = Assert.Throws<EngineRefusal>(() => Library.Apply(engine, given, [request], [filled]));
            Assert.Equal(Argument, refusal.Code);
            Assert.Contains(expected, refusal.Message);
        }

        static double[] Pair(double value) => [value, value];
    }

    [Fact]
    public void A_freed_engine_is_recognised_for_ever()
    {
        var engine = Library.Create("""{ "pair": "BTC/USDT" }""");
        Library.Free(engine);
        var next = Library.Create("""{ "pair": "ETH/USDT" }""");
        Assert.NotEqual(engine, next);
        foreach (var gone in new[] { engine, 0UL, ulong.MaxValue })
        {
            Assert.Equal(Engine, Assert.Throws<EngineRefusal>(() => Library.Free(gone)).Code);
            Assert.Equal(Engine, Assert.Throws<EngineRefusal>(() => Library.Json(gone)).Code);
            Assert.Equal(Engine, Assert.Throws<EngineRefusal>(() => Library.Text(gone, 0)).Code);
            Assert.Equal(Engine, Assert.Throws<EngineRefusal>(() => Library.Observe(gone, "[]")).Code);
            Assert.Equal(Engine, Assert.Throws<EngineRefusal>(() => Library.Apply(gone, [], [])).Code);
        }
        Library.Free(next);
    }

    [Fact]
    public void A_timeframe_is_derived_once_two_candles_show_it()
    {
        var candles = Some.Candles(1, 4, Timeframe.OneHour);
        var engine = Library.Create("""{ "pair": "BTC/USDT" }""");
        var refusal = Assert.Throws<EngineRefusal>(() => Library.Apply(engine, candles.AsSpan(0, 1), []));
        Assert.Contains("there is only one", refusal.Message);
        refusal = Assert.Throws<EngineRefusal>(() => Library.Apply(engine, [candles[1], candles[0]], []));
        Assert.Equal((Candle, 1), (refusal.Code, refusal.Row));
        Assert.Contains("must ascend", refusal.Message);
        Library.Apply(engine, candles.AsSpan(0, 2), []);
        Library.Apply(engine, candles.AsSpan(2, 1), []);
        Assert.Contains("\"timeframe\":\"1h\"", Library.Json(engine));
        Library.Free(engine);
    }

    [Fact]
    public void Threads_with_an_engine_each_do_not_disturb_each_other()
    {
        var candles = Some.Candles(3, 3000);
        var expected = Scores();
        Parallel.For(0, 8, _ => Assert.Equal(expected, Scores()));

        double[] Scores()
        {
            var engine = Library.Create("""{ "pair": "BTC/USDT" }""");
            var scores = (double[])Library.Apply(engine, candles, [Score])[0];
            Library.Free(engine);
            return scores;
        }
    }
}
