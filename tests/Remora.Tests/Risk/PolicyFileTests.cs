using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Remora.Risk;

namespace Remora.Tests.Risk;

public sealed class PolicyFileTests
{
    /// <summary>
    /// The paths of all numbers of the default policy, such as <c>external.fear.from</c>.
    /// </summary>
    public static TheoryData<string> Leaves =>
        [.. LeavesOf(Default(), "").Where(path => path is not ("name" or "description" or "model" or "score" or "id"))];

    [Fact]
    public void What_is_written_is_read_back()
    {
        var written = PolicyFile.Write(RiskPolicy.Default);
        Assert.Equal(written, PolicyFile.Write(PolicyFile.Parse(written)));
        var other = RiskPolicy.Default with
        {
            Name = "careful",
            Description = "x",
            Decision = new()
            {
                BlockingFlags = [RiskFlag.Downtrend],
                OnStale = OnStale.Block,
                BlockingScore = 0.6,
            },
        };
        Assert.Equal(PolicyFile.Write(other), PolicyFile.Write(PolicyFile.Parse(PolicyFile.Write(other))));
    }

    [Fact]
    public void An_empty_object_is_the_default_policy() =>
        Assert.Equal(PolicyFile.Write(RiskPolicy.Default), PolicyFile.Write(Parse("{}")));

    [Fact]
    public void What_is_left_out_keeps_its_default()
    {
        var policy = Parse(
            """{ "name": "mine", "external": { "fear": { "weight": 0.2, "from": 30, "full": 10 } }, "decision": { "blocking_score": 0.7 } }"""
        );
        Assert.Equal(new Ramp(0.2, 30, 10), policy.External.Fear);
        Assert.Equal(RiskPolicy.Default.External with { Fear = policy.External.Fear }, policy.External);
        Assert.Equal((0.7, 0.5), (policy.Decision.BlockingScore, policy.Decision.CautionScore));
        Assert.Equal((RiskPolicy.Default.Weights, RiskPolicy.Default.Flags), (policy.Weights, policy.Flags));
    }

    /// <summary>Each leaf is changed to another valid value, which must change the id.</summary>
    [Theory, MemberData(nameof(Leaves))]
    public void The_id_changes_with_every_rule(string path)
    {
        var changed = Default();
        Set(
            changed,
            path,
            leaf =>
                leaf switch
                {
                    JsonValue when path.StartsWith("mirrored_regime", StringComparison.Ordinal) => path
                    == "mirrored_regime.sideways"
                        ? "panic"
                        : "sideways",
                    JsonArray => new JsonArray(path == "decision.block_without" ? "vix" : "panic"),
                    JsonValue v when v.GetValueKind() == JsonValueKind.String => "block",
                    JsonValue v when path == "regime.confirm_candles" => v.GetValue<int>() + 1,
                    JsonValue v => v.GetValue<double>() * 0.99,
                    _ => throw new InvalidOperationException(path),
                }
        );
        Assert.NotEqual(RiskPolicy.Default.Id, Parse(changed.ToJsonString()).Id);
    }

    [Fact]
    public void The_id_does_not_change_with_name_or_description_or_an_id_in_the_file()
    {
        Assert.Equal(RiskPolicy.Default.Id, Parse("""{ "name": "other", "description": "other", "id": "0123" }""").Id);
        Assert.Matches("^[0-9a-f]{12}$", RiskPolicy.Default.Id);
    }

    /// <summary>
    /// A record's copy inherits its private fields, and must still have its own id.
    /// </summary>
    [Fact]
    public void The_id_of_a_changed_copy_is_its_own()
    {
        var policy = new RiskPolicy();
        var id = policy.Id;
        var copy = policy with { Weights = new() { Volatility = 0.1 } };
        Assert.NotEqual(id, copy.Id);
        Assert.Equal(id, (copy with { Weights = new() }).Id);
        Assert.NotEqual(policy, copy);
        Assert.Equal(id, policy.Id);
    }

    /// <summary>
    /// Each leaf is set far out of its range, to null and to the wrong type. The message must name
    /// it.
    /// </summary>
    [Theory, MemberData(nameof(Leaves))]
    public void An_invalid_value_is_named(string path)
    {
        JsonNode?[] wrong =
            path.EndsWith(".from", StringComparison.Ordinal) || path.EndsWith(".full", StringComparison.Ordinal)
                ? [null, "x", true]
                : [-1e9, 1e9, null, "x", new JsonObject()];
        // A value above 1 is allowed: it never blocks.
        if (path == "decision.blocking_score")
            wrong = [-1.0, null, "x"];
        // A value above 1 is allowed: volatility is never extreme.
        if (path == "regime.extreme_volatility")
            wrong = [-1.0, null, "x"];
        if (path == "decision.blocking_flags")
            wrong = [null, new JsonArray("panic", "panic"), new JsonArray("nonsense"), "panic", new JsonArray(1)];
        if (path == "decision.blocking_regimes")
            wrong = [null, new JsonArray("bear", "bear"), new JsonArray("nonsense"), "bear", new JsonArray(1)];
        if (path == "decision.block_without")
            wrong = [null, new JsonArray("vix", "vix"), new JsonArray("nonsense"), "vix", new JsonArray(1)];
        if (path.StartsWith("mirrored_regime", StringComparison.Ordinal))
            wrong = [null, 1, "nonsense", new JsonArray("bull")];
        if (path == "decision.on_stale")
            wrong = [null, 1, "sometimes", new JsonArray()];
        foreach (var value in wrong)
        {
            var policy = Default();
            Set(policy, path, _ => value?.DeepClone());
            var message = Assert.Throws<PolicyException>(() => Parse(policy.ToJsonString())).Message;
            Assert.Contains(path[(path.LastIndexOf('.') + 1)..], message, StringComparison.Ordinal);
            Assert.Contains(path[..path.IndexOf('.')], message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [
        InlineData("""{ "wieghts": {} }""", "wieghts"),
        InlineData("""{ "external": { "fear": { "weight": 0.1, "from": 1, "full": 2, "power": 2 } } }""", "power")
    ]
    [
        InlineData("""{ "weights": null }""", "weights"),
        InlineData("""{ "description": null }""", "description"),
        InlineData("""{ "name": null }""", "name"),
        InlineData("""{ "name": "a b" }""", "name")
    ]
    [
        InlineData("""{ "external": { "vix": null } }""", "external.vix"),
        InlineData("""{ "external": { "vix": { "weight": 0.1, "from": 3, "full": 3 } } }""", "external.vix.full")
    ]
    [
        InlineData("""{ "classes": { "low": 0.5 } }""", "classes.low"),
        InlineData("""{ "decision": { "full_position_score": 0.8 } }""", "decision.full_position_score")
    ]
    [
        InlineData("""{ "weights": { "regime": "0.3" } }""", "weights.regime"),
        InlineData("""{ "weights": { "Regime": 0.3 } }""", "Regime"),
        InlineData("""{ "regime": { "confirm_candles": 2.5 } }""", "confirm_candles")
    ]
    [
        InlineData("null", "object"),
        InlineData("[]", ""),
        InlineData("3", ""),
        InlineData("", ""),
        InlineData("{", ""),
        InlineData("{} {}", "")
    ]
    public void What_is_wrong_is_named(string json, string named) =>
        Assert.Contains(named, Assert.Throws<PolicyException>(() => Parse(json)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_syntax_error_has_its_position()
    {
        var message = Assert
            .Throws<PolicyException>(() => Parse("{\n  \"weights\": {\n    \"regime\": 0.3,,\n  }\n}"))
            .Message;
        Assert.Contains("line 3, column 19", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(
        """{ "weights": { "regime": "x" } }""",
        "weights.regime: must be a number, not 'x' (line 1, column 26)"
    )]
    [InlineData(
        """{ "regime": { "confirm_candles": 2.5 } }""",
        "regime.confirm_candles: must be a whole number, not 2.5 (line 1, column 34)"
    )]
    [
        InlineData("""{ "name": 1 }""", "name: must be text, not 1 (line 1, column 11)"),
        InlineData("""{ "weights": 1 }""", "weights: must be an object, not 1 (line 1, column 14)")
    ]
    [InlineData(
        """{ "decision": { "on_stale": "maybe" } }""",
        "decision.on_stale: must be one of allow, block, not 'maybe' (line 1, column 29)"
    )]
    [InlineData(
        """{ "decision": { "blocking_regimes": ["bare"] } }""",
        "decision.blocking_regimes[0]: must be one of bull, sideways, bear, choppy, high_vol, panic, not 'bare' "
            + "(line 1, column 38)"
    )]
    [InlineData(
        """{ "mirrored_regime": { "bull": "bare" } }""",
        "mirrored_regime.bull: must be one of bull, sideways, bear, choppy, high_vol, panic, not 'bare' (line 1, "
            + "column 32)"
    )]
    [
        InlineData(
            """{ "mirrored_regime": null }""",
            "mirrored_regime: must be an object, not null (line 1, column 22)"
        ),
        InlineData("""{ "mirrored_regime": 3 }""", "mirrored_regime: must be an object, not 3 (line 1, column 22)")
    ]
    [InlineData(
        """{ "decision": { "regime_position": { "bear": 2 } } }""",
        "decision.regime_position.bear: must be 0 to 1, not '2'"
    )]
    [InlineData(
        """{ "wieghts": {} }""",
        "wieghts: unknown field, expected one of name, description, model, score, horizon, target_volatility, block_from, "
            + "weights, regime_risk, mirrored_regime, regime, external, flags, classes, decision, id (line 1, column 3)"
    )]
    [
        InlineData("""{ "name": "a", "name": "b" }""", "name: the field is repeated (line 1, column 16)"),
        InlineData("[]", "policy: must be an object, not a list (line 1, column 1)")
    ]
    [
        InlineData(
            "{ \"weights\": {\n \"regime\": null } }",
            "weights.regime: must be a number, not null (line 2, column 12)"
        ),
        InlineData("{} {}", "invalid JSON (line 1, column 4)")
    ]
    [InlineData("""{ "weights": { "regime": 2 } }""", "weights.regime: must be 0 to 1, not '2'")]
    public void A_message_says_where_and_what_is_allowed(string json, string message) =>
        Assert.Equal(message, Assert.Throws<PolicyException>(() => Parse(json)).Message);

    [Fact]
    public void Windows_editors_begin_a_file_with_a_mark() =>
        Assert.Equal(RiskPolicy.Default.Id, PolicyFile.Parse([0xEF, 0xBB, 0xBF, .. "{}"u8]).Id);

    [Fact]
    public void No_json_makes_it_throw_anything_else() =>
        Prop.ForAll(AnyPolicy.ToArbitrary(), json => Try(Encoding.UTF8.GetBytes(json))).MustHold(1_000);

    [Fact]
    public void No_bytes_make_it_throw_anything_else() =>
        Prop.ForAll(
                ArbMap.Default.ArbFor<byte[]>(),
                Gen.Choose(0, 1_999).ToArbitrary(),
                Gen.Choose(0, 255).ToArbitrary(),
                (bytes, at, value) =>
                {
                    Try(bytes);
                    var damaged = PolicyFile.Write(RiskPolicy.Default);
                    damaged[at % damaged.Length] = (byte)value;
                    Try(damaged);
                }
            )
            .MustHold(500);

    private static Gen<string> AnyPolicy
    {
        get
        {
            string[] names = [.. LeavesOf(Default(), "").SelectMany(p => p.Split('.')).Distinct(), "", "x"];
            Gen<string> Value(int depth) =>
                Gen.OneOf(
                    Gen.Elements(
                        "null",
                        "true",
                        "1",
                        "-1",
                        "0",
                        "1e999",
                        "-1e999",
                        "1e-400",
                        "0.5",
                        "\"\"",
                        "\"panic\"",
                        "\"block\"",
                        "[]",
                        "{}",
                        "[null]",
                        "[\"panic\"]",
                        "99999999999999999999",
                        "\"NaN\""
                    ),
                    depth == 0
                        ? Gen.Constant("0.25")
                        : Gen.ArrayOf(Gen.Elements(names).SelectMany(n => Value(depth - 1).Select(v => $"\"{n}\":{v}")))
                            .Select(m => "{" + string.Join(',', m.Take(6)) + "}")
                );
            return Value(3);
        }
    }

    private static void Try(byte[] json)
    {
        try
        {
            PolicyFile.Write(PolicyFile.Parse(json));
        }
        catch (PolicyException e)
        {
            Assert.NotEmpty(e.Message);
        }
    }

    private static RiskPolicy Parse(string json) => PolicyFile.Parse(Encoding.UTF8.GetBytes(json));

    private static JsonObject Default() => JsonNode.Parse(PolicyFile.Write(RiskPolicy.Default))!.AsObject();

    private static IEnumerable<string> LeavesOf(JsonObject node, string prefix) =>
        node.SelectMany(p => p.Value is JsonObject inner ? LeavesOf(inner, $"{prefix}{p.Key}.") : [prefix + p.Key]);

    private static void Set(JsonObject root, string path, Func<JsonNode, JsonNode?> change)
    {
        var parts = path.Split('.');
        var parent = parts[..^1].Aggregate(root, (node, part) => node[part]!.AsObject());
        parent[parts[^1]] = change(parent[parts[^1]]!);
    }
}
