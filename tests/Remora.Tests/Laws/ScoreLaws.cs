using System.Globalization;
using System.Text.Json;
using FsCheck.Fluent;
using Remora.Markets;

namespace Remora.Tests.Laws;

/// <summary>Properties of every answer on any tape.</summary>
public sealed class ScoreLaws
{
    [Theory, InlineData("1h", 700), InlineData("5m", 3_500), InlineData("1d", 400)]
    public void The_score_is_the_exact_sum_of_the_printed_parts(string timeframe, int candles)
    {
        var known = 0;
        Prop.ForAll(
                Any.Seed,
                seed =>
                {
                    known += CountKnown(Replay.Tape(seed, candles, timeframe));
                }
            )
            .MustHold(8);
        // Seeds differ between runs: usually about a hundred answers have a score.
        Assert.InRange(known, 20, int.MaxValue);
    }

    /// <summary>Checks every seventh answer and returns how many of them have a score.</summary>
    private static int CountKnown(MarketEvent[] tape)
    {
        var known = 0;
        foreach (var answer in Replay.Answers(tape).Where((a, i) => a.Length > 0 && i % 7 == 0))
        {
            var json = JsonDocument.Parse(answer).RootElement;
            var parts = json.GetProperty("risk_breakdown").EnumerateObject().Select(p => p.Value).ToArray();
            var score = json.GetProperty("risk_score");
            Assert.Equal(parts.Any(p => p.ValueKind == JsonValueKind.Null), score.ValueKind == JsonValueKind.Null);
            if (score.ValueKind == JsonValueKind.Null)
                continue;
            known++;
            Assert.Equal(Math.Clamp(parts.Sum(Exact), 0, 1), Exact(score));
            Assert.All(parts, p => Assert.InRange(Exact(p), 0, 0.35m));
            foreach (var name in new[] { "risk_confidence", "position_scale", "volatility" })
                Assert.InRange(json.GetProperty(name).GetDouble(), 0, 1);
            Assert.Equal(
                json.GetProperty("safe_to_trade").GetBoolean(),
                json.GetProperty("blocked_by").GetArrayLength() == 0
            );
            Assert.NotEqual(0, json.GetProperty("reasoning").GetArrayLength());
        }
        return known;
    }

    /// <summary>Returns the digits as printed, without a conversion to double.</summary>
    private static decimal Exact(JsonElement number) =>
        decimal.Parse(number.GetRawText(), NumberStyles.Float, CultureInfo.InvariantCulture);
}
