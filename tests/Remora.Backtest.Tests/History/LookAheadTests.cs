using Remora.Backtest.Chance;
using Remora.Backtest.History;
using Remora.Backtest.Strategies;
using Remora.Backtest.Trading;
using Remora.Markets;
using Remora.Risk;

namespace Remora.Backtest.Tests.History;

/// <summary>
/// When the tape is cut at a moment, nothing before it changes: history, gates and trades.
/// </summary>
public sealed class LookAheadTests
{
    private static readonly RiskPolicy Nervous = RiskPolicy.Default with
    {
        Name = "nervous",
        Decision = new() { BlockingScore = 0.5 },
    };

    private static Tape Tape(int seed, int candles = 3500)
    {
        var series = Generated.Candles(candles, seed);
        var random = new Random(seed);
        Observation[] observations =
        [
            .. Enumerable
                .Range(0, candles * 5 / 1440)
                .Select(day =>
                {
                    var time = Generated.Start + TimeSpan.FromDays(day);
                    return new Observation(
                        Signal.FearGreed,
                        null,
                        random.Next(5, 95),
                        time,
                        time,
                        TimeSpan.FromHours(36),
                        "test"
                    );
                }),
        ];
        return new(new("test", Pair.Parse("BTC/USDT"), series.Timeframe), series.Candles, observations);
    }

    private static IEnumerable<Instant> Cuts(Tape tape, int seed)
    {
        var random = new Random(seed);
        return Enumerable
            .Range(0, 6)
            .Select(_ =>
                tape.Candles[random.Next(400, tape.Candles.Count)].OpenTime + TimeSpan.FromSeconds(random.Next(300))
            );
    }

    [Fact]
    public void Gates_of_every_policy_use_no_future_data()
    {
        RiskPolicy[] policies = [RiskPolicy.Default, Nervous, .. Ablations.Of(RiskPolicy.Default)];
        var tape = Tape(1);
        for (var policy = 0; policy < policies.Length; policy++)
        {
            Gate Build(Tape t) => Gates.Policy(HistoryBuilder.Build(t, new() { Policies = policies }).Policies[policy]);
            Assert.Null(LookAhead.FirstLeak(tape, Build, Cuts(tape, policy)));
        }
    }

    [Fact]
    public void Scaled_gates_and_thresholds_use_no_future_data()
    {
        var tape = Tape(2);
        Assert.Null(
            LookAhead.FirstLeak(tape, t => Gates.Scaled(HistoryBuilder.Build(t, new()).Policies[0]), Cuts(tape, 1))
        );
        Assert.Null(
            LookAhead.FirstLeak(
                tape,
                t => Gates.Threshold(HistoryBuilder.Build(t, new()).Policies[0], 0.6),
                Cuts(tape, 2)
            )
        );
    }

    [Fact]
    public void A_gate_that_uses_one_future_candle_is_detected()
    {
        var tape = Tape(3);
        static Gate Leaking(Tape t) =>
            Gate.Blocking(
                "leak",
                [.. t.Candles.Select((c, i) => i + 1 < t.Candles.Count && t.Candles[i + 1].Close < c.Close)]
            );
        Assert.NotNull(LookAhead.FirstLeak(tape, Leaking, Cuts(tape, 3)));
    }

    [Fact]
    public void A_gate_normalised_over_the_whole_tape_is_detected()
    {
        var tape = Tape(4);
        static Gate Leaking(Tape t)
        {
            var mean = t.Candles.Average(c => c.Close);
            return Gate.Blocking("leak", [.. t.Candles.Select(c => c.Close < mean)]);
        }
        Assert.NotNull(LookAhead.FirstLeak(tape, Leaking, Cuts(tape, 4)));
    }

    [Theory]
    [MemberData(nameof(Strategies))]
    public void Trades_closed_before_the_cut_do_not_change(string name)
    {
        var plan = StrategyCatalog.Find(name);
        var series = Generated.Candles(12_000, 7, plan.Timeframe);
        Trade[] Run(CandleTape tape) =>
            [
                .. Simulation
                    .Prepare(plan, tape, Generated.Start, tape.Candles[^1].OpenTime, AccountRules.Default)
                    .Run(Generated.RandomGate(tape.Candles.Count, 5)),
            ];
        var whole = Run(series);
        foreach (var cut in Cuts())
        {
            var seen = series with { Candles = [.. series.Candles.Take(cut)] };
            var until = seen.Candles[^1].OpenTime;
            var trades = Run(seen).Where(t => t.CloseTime < until).ToArray();
            Assert.NotEmpty(trades);
            Assert.Equal(whole.Where(t => t.CloseTime < until), trades);
        }

        IEnumerable<int> Cuts()
        {
            var random = new Random(9);
            return Enumerable.Range(0, 5).Select(_ => random.Next(series.Candles.Count / 2, series.Candles.Count));
        }
    }

    public static TheoryData<string> Strategies => [.. StrategyCatalog.All.Select(plan => plan.Name)];

    [Fact]
    public void An_entry_uses_the_last_assessment_at_or_before_it()
    {
        var series = Generated.Candles(50, 1);
        var blocked = new bool[50];
        blocked[20] = true; // known from the close of candle 20, which is the open of row 21
        var script = new Signals[50];
        Array.Fill(script, Signals.Enter);
        var plan = Trading.Scripted.Plan(script) with { StopLoss = -1e-9, Roi = [] };
        var entries = Simulation
            .Prepare(plan, series, Generated.Start, series.Candles[^1].OpenTime, AccountRules.Default)
            .Run(Gate.Blocking("one", blocked))
            .Select(t => t.OpenTime)
            .ToArray();
        Assert.DoesNotContain(series.Candles[21].OpenTime, entries);
        Assert.Contains(series.Candles[20].OpenTime, entries);
    }
}
