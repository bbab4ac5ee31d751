using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Remora.Markets;
using Remora.Regimes;
using Remora.Risk;
using Remora.Testing;

namespace Remora.Tests;

public sealed class RemoraJsonTests
{
    private sealed record Sample(
        double SomeNumber,
        Instant AtTime,
        Pair ThePair,
        Timeframe Frame,
        StrongOrNot Kind,
        Instant? Never
    );

    private enum StrongOrNot
    {
        Weak,
        VeryStrong,
    }

    private static readonly Sample Known = new(
        0.1,
        Some.At("2022-06-13T08:00:00Z"),
        Pair.Parse("btc/usdt"),
        Timeframe.OneHour,
        StrongOrNot.VeryStrong,
        null
    );
    private const string Text =
        """{"some_number":0.1,"at_time":"2022-06-13T08:00:00Z","the_pair":"BTC/USDT","frame":"1h","kind":"very_strong","never":null}""";

    [Fact]
    public void Names_are_snake_case_and_values_are_text()
    {
        Assert.Equal(Text, JsonSerializer.Serialize(Known, ReflectedJson.Options));
        Assert.Equal(Known, JsonSerializer.Deserialize<Sample>(Text, ReflectedJson.Options));
    }

    [Theory, InlineData(double.NaN), InlineData(double.PositiveInfinity), InlineData(double.NegativeInfinity)]
    public void What_is_not_known_is_null(double value)
    {
        var json = JsonSerializer.Serialize(Known with { SomeNumber = value }, ReflectedJson.Options);
        Assert.StartsWith("""{"some_number":null,""", json, StringComparison.Ordinal);
        Assert.True(double.IsNaN(JsonSerializer.Deserialize<Sample>(json, ReflectedJson.Options)!.SomeNumber));
    }

    [
        Theory,
        InlineData("0.1", "\"0.1\""),
        InlineData("very_strong", "rather_strong"),
        InlineData("\"very_strong\"", "1"),
        InlineData("1h", "7m"),
        InlineData("BTC/USDT", "BTC"),
        InlineData("2022-06-13T08:00:00Z", "noon"),
        InlineData("\"never\"", "\"ever\"")
    ]
    public void Anything_else_is_refused(string right, string wrong) =>
        Assert.Throws<JsonException>(() =>
            JsonSerializer.Deserialize<Sample>(
                Text.Replace(right, wrong, StringComparison.Ordinal),
                ReflectedJson.Options
            )
        );

    [Fact]
    public void Enumerations_are_named_as_in_answers()
    {
        Assert.Equal("high_vol", RemoraJson.NameOf(Regime.HighVol));
        Assert.Equal("strong_bearish", RemoraJson.NameOf(MomentumClass.StrongBearish));
        Assert.Equal("entry_ok", RemoraJson.NameOf(Recommendation.EntryOk));
        Assert.Equal("very_low", RemoraJson.NameOf(RiskClass.VeryLow));
        Assert.Equal("btc_dominance", RemoraJson.NameOf(Signal.BtcDominance));
    }

    [Fact]
    public void The_generated_serializers_of_the_engine_write_what_reflection_writes() =>
        ReflectedJson.AssertSame(EngineJson.Shared);

    [Fact]
    public void An_enumeration_without_names_is_refused()
    {
        var options = RemoraJson.NewOptions();
        options.TypeInfoResolver = new DefaultJsonTypeInfoResolver();
        var error = Assert.Throws<NotSupportedException>(() => JsonSerializer.Serialize(StrongOrNot.Weak, options));
        Assert.Contains("RemoraJson.EnumNames<StrongOrNot>()", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}", 5, "usual", 1, 3)]
    [InlineData("""{"number":6}""", 6, "usual", 1, 3)]
    [InlineData("""{"text":"own","inner":{}}""", 5, "own", 1, 3)]
    [InlineData("""{"inner":{"least":7}}""", 5, "usual", 7, 3)]
    [InlineData("""{"number":8,"number":9,"inner":{"most":9}}""", 9, "usual", 1, 9)]
    public void A_missing_member_keeps_its_default(string json, double number, string text, int least, int most) =>
        Assert.Equal(
            new Optional
            {
                Number = number,
                Text = text,
                Inner = new() { Least = least, Most = most },
            },
            JsonDefaults.Read(Encoding.UTF8.GetBytes(json), new Optional(), OptionalJson.Shared.Options)
        );

    [Theory, InlineData("null"), InlineData("""{"inner":null,"text":null}""")]
    public void A_null_is_not_missing(string json) =>
        Assert.Null(
            JsonDefaults.Read(Encoding.UTF8.GetBytes(json), new Optional(), OptionalJson.Shared.Options)?.Inner
        );

    [Fact]
    public void An_unknown_member_is_refused_at_its_place()
    {
        var error = Assert.Throws<JsonException>(() =>
            JsonDefaults.Read("{\n\"inner\":{\"leest\":1}}"u8, new Optional(), OptionalJson.Shared.Options)
        );
        Assert.Equal(("$.inner.leest", 1), (error.Path, error.LineNumber));
    }

    /// <summary>An assessment always has all the names that api.md lists.</summary>
    [Fact]
    public void An_assessment_has_every_promised_name()
    {
        var json = JsonSerializer.SerializeToElement(
            new RemoraEngine([RiskPolicy.Default], []).Assess(Some.Btc, 0, Some.Midnight),
            RemoraJson.Options
        );
        string[] promised =
        [
            "safe_to_trade",
            "risk_score",
            "risk_class",
            "regime",
            "volatility",
            "volatility_classification",
            "risk_confidence",
            "trend_classification",
            "momentum_classification",
            "reasoning",
            "blocked_by",
            "risk_breakdown",
            "event_flags",
            "recommendation",
            "position_scale",
            "fear_greed_index",
            "btc_dominance",
            "funding_rate",
            "vix",
            "dxy",
            "pair",
            "exchange",
            "timeframe",
            "as_of",
            "age_seconds",
            "stale",
            "regime_since",
            "policy",
            "model",
            "external",
            "sources",
        ];
        Assert.Empty(promised.Except(json.EnumerateObject().Select(p => p.Name)));
        Assert.Equal(
            ["volatility", "regime", "trend_strength", "momentum", "external"],
            json.GetProperty("risk_breakdown").EnumerateObject().Select(p => p.Name)
        );
        Assert.Equal(
            Enum.GetValues<RiskFlag>().Select(EventFlags.NameOf),
            json.GetProperty("event_flags").EnumerateObject().Select(p => p.Name)
        );
    }
}

internal sealed record Optional
{
    public double Number { get; init; } = 5;

    public string Text { get; init; } = "usual";

    public Bounds Inner { get; init; } = new();
}

internal sealed record Bounds
{
    public int Least { get; init; } = 1;

    public int Most { get; init; } = 3;
}

[JsonSerializable(typeof(Optional))]
internal sealed partial class OptionalJson : JsonSerializerContext
{
    public static OptionalJson Shared { get; } = new(RemoraJson.NewOptions());
}
