using Remora.Backtest.Calibration;
using Remora.Backtest.Chance;
using Remora.Backtest.Report;
using Remora.Backtest.Study;
using Remora.Backtest.Tests.Calibration;
using Remora.Backtest.Tests.Chance;
using Remora.Backtest.Tests.Study;

namespace Remora.Backtest.Tests.Report;

/// <summary>The sentences of the verdict follow planted gates and scores.</summary>
public sealed class VerdictTests
{
    private static readonly Lazy<StudyFigures> Base = new(() => StudyTests.Figures.Value with { Pooled = [] });

    private static readonly ResultsFiles Files = new("results.md", null);

    [Fact]
    public void A_gate_that_blocks_losers_is_good_for_it()
    {
        var claims = Gate(EntryPoolTests.Losers);
        AssertSays(claims, ClaimKind.For, "It blocks the worst entries more often than others.");
        AssertSays(claims, ClaimKind.For, "It avoids entries that move far against the position.");
        AssertSays(claims, ClaimKind.For, "It blocks losing entries more often than others.");
        AssertSays(claims, ClaimKind.For, "Blocked entries earn less than allowed ones.");
        AssertSays(claims, ClaimKind.For, "It earns more than a smaller stake of the same risk.");
    }

    [Fact]
    public void A_gate_that_blocks_winners_is_bad_for_it()
    {
        var claims = Gate(EntryPoolTests.Winners);
        AssertSays(claims, ClaimKind.Against, "It blocks the worst entries less often than others.");
        AssertSays(claims, ClaimKind.Against, "It allows entries that move further against the position.");
        AssertSays(claims, ClaimKind.Against, "It does not avoid losing entries.");
        AssertSays(claims, ClaimKind.Against, "Blocked entries earn more than allowed ones.");
        AssertSays(claims, ClaimKind.Against, "A smaller stake of the same risk earns more.");
    }

    [Fact]
    public void A_gate_without_skill_shows_nothing()
    {
        var claims = Gate(EntryPoolTests.AtRandom);
        AssertSays(claims, ClaimKind.Open, "It is not shown to block the worst entries more often than others.");
        AssertSays(claims, ClaimKind.Open, "It is not shown to avoid entries that move far against the position.");
        AssertSays(claims, ClaimKind.Open, "It is not shown to avoid losing entries.");
        AssertSays(claims, ClaimKind.Open, "Blocked entries are not shown to earn less than allowed ones.");
    }

    [Fact]
    public void A_score_is_judged_by_what_follows_it()
    {
        AssertSays(Score(ScoreIntervalsTests.Knowing), ClaimKind.For, "It ranks how volatile the next hours are.");
        AssertSays(
            Score(ScoreIntervalsTests.Inverse),
            ClaimKind.Against,
            "It ranks how volatile the next hours are in the wrong order."
        );
        AssertSays(
            Score(ScoreIntervalsTests.Noise),
            ClaimKind.Open,
            "It is not shown to rank how volatile the next hours are."
        );
    }

    [Theory]
    [InlineData(-0.002, -0.001, ClaimKind.For, "Prices do worse after blocked hours.")]
    [InlineData(0.001, 0.002, ClaimKind.Against, "Prices do better after blocked hours.")]
    [InlineData(-0.001, 0.002, ClaimKind.Open, "It is not shown to predict the direction of the price.")]
    public void Prices_after_blocked_hours_decide_about_the_direction(
        double low,
        double high,
        ClaimKind kind,
        string title
    )
    {
        var market = Market(ScoreIntervalsTests.Noise, "binance BTC/USDT 1h");
        var study = Base.Value with
        {
            Calibration =
            [
                market with
                {
                    Result = market.Result with
                    {
                        Intervals = market.Result.Intervals with { ReturnDifference = new(low, high) },
                    },
                },
            ],
        };
        AssertSays(Verdict.Of(study), kind, title);
    }

    [Theory]
    [InlineData(3.0, 0.003, ClaimKind.Against, "Past volatility alone is the better forecast of volatility.")]
    [InlineData(-3.0, 0.003, ClaimKind.For, "It forecasts volatility better than past volatility alone.")]
    [InlineData(
        1.0,
        0.317,
        ClaimKind.Open,
        "It is not shown to forecast volatility better than past volatility alone."
    )]
    public void The_score_is_compared_with_a_forecast_from_past_volatility(
        double statistic,
        double p,
        ClaimKind kind,
        string title
    )
    {
        var market = Market(ScoreIntervalsTests.Noise, "binance BTC/USDT 1h");
        ForecastTable forecasts = new(
            4,
            1000,
            [
                new("har_rv", 0.7, 0.6, 0.4, double.NaN, double.NaN),
                new("remora_score", 0.5, 0.3, statistic > 0 ? 0.46 : 0.34, statistic, p),
            ]
        );
        var claims = Verdict.Of(
            Base.Value with
            {
                Calibration = [market with { Result = market.Result with { Forecasts = [forecasts] } }],
            }
        );
        AssertSays(claims, kind, title);
        if (kind == ClaimKind.Against)
            Assert.Contains("0.060 (0.021 to 0.099), with an R² of 0.30 against 0.60", Text(claims, title));
    }

    [Fact]
    public void Profit_is_decided_by_the_corrected_tests_of_both_directions()
    {
        StudyFigures With(bool beats, double p) =>
            Base.Value with
            {
                Shifts = 2000,
                GateConclusion = Base.Value.GateConclusion with { Beats = beats },
                Cells =
                [
                    .. Base.Value.Cells.Select(cell =>
                        cell with
                        {
                            Tests = new Dictionary<string, PlaceboTest>(cell.Tests)
                            {
                                [GatedFigures.Primary] = new(0, 0, 0, 0, p),
                            },
                        }
                    ),
                ],
            };
        AssertSays(Verdict.Of(With(true, 0.001)), ClaimKind.For, "It raises profit.");
        AssertSays(Verdict.Of(With(false, 0.3)), ClaimKind.Open, "It is not shown to change profit.");
        var bad = Verdict.Of(With(false, 1));
        AssertSays(bad, ClaimKind.Against, "It does not raise profit.");
        Assert.Contains("3 worse after correction", Text(bad, "It does not raise profit."));
    }

    [Fact]
    public void Markets_that_disagree_show_nothing_and_are_named()
    {
        var study = Base.Value with
        {
            Calibration =
            [
                Market(ScoreIntervalsTests.Knowing, "binance BTC/USDT 5m"),
                Market(ScoreIntervalsTests.Inverse, "binance ETH/USDT 5m"),
                Market(ScoreIntervalsTests.Inverse, "binance BTC/USDT 1h"), // another timeframe of a pair
            ],
        };
        const string title = "It is not shown to rank how volatile the next hours are.";
        var claims = Verdict.Of(study);
        AssertSays(claims, ClaimKind.Open, title);
        Assert.Contains("is for binance BTC/USDT ", Text(claims, title));
        Assert.Contains("; for binance ETH/USDT ", Text(claims, title));
        Assert.Equal(2, Verdict.Markets(study).Count());
    }

    [Fact]
    public void The_page_has_the_numbers_of_the_figures_and_can_be_negative()
    {
        var pooled = EntryPoolTests.Pool(EntryPoolTests.Trades(EntryPoolTests.Losers));
        var page = ResultsText.Markdown(Base.Value with { Pooled = pooled, Calibration = [] }, Files);
        var lift = Verdict.With(pooled[0].EqualCount["worst_lift"].Value, pooled[0].Intervals["worst_lift"]);
        Assert.Matches(@"^\d\.\d\d \(\d\.\d\d to \d\.\d\d\)$", lift);
        Assert.Contains(
            $"## What it is good for\n\n- **It blocks the worst entries more often than others.** It blocks the worst "
                + $"tenth of entries {lift} times as often as entries in general.",
            page
        );

        var bad = EntryPoolTests.Pool(EntryPoolTests.Trades(EntryPoolTests.Winners));
        var negative = ResultsText.Markdown(
            Base.Value with
            {
                Pooled = bad,
                Calibration = [],
                GateConclusion = Base.Value.GateConclusion with { Beats = false },
            },
            Files
        );
        Assert.Contains("## What it is good for\n\nNothing that this study shows.\n", negative);
        Assert.Contains("## What it is not good for\n\n- **It blocks the worst entries less often", negative);
    }

    private static IReadOnlyList<Claim> Gate(Func<int, BaselineTrade, Random, bool> blocks) =>
        Verdict.Of(Base.Value with { Pooled = EntryPoolTests.Pool(EntryPoolTests.Trades(blocks)) });

    private static IReadOnlyList<Claim> Score(Func<int, double> score) =>
        Verdict.Of(Base.Value with { Calibration = [Market(score, "binance BTC/USDT 1h")] });

    internal static CalibrationFigures Market(Func<int, double> score, string name)
    {
        var (table, intervals, blocked) = ScoreIntervalsTests.Of(score);
        return new(
            name,
            "all",
            Base.Value.Calibration[0].Result with
            {
                Deciles = [table],
                Blocked = [blocked],
                Intervals = intervals,
            }
        );
    }

    private static void AssertSays(IReadOnlyList<Claim> claims, ClaimKind kind, string title) =>
        Assert.Contains((kind, title), claims.Select(claim => (claim.Kind, claim.Title)));

    private static string Text(IReadOnlyList<Claim> claims, string title) =>
        claims.Single(claim => claim.Title == title).Text;
}
