using Remora.Feeds.Derivatives;
using Remora.Markets;
using Remora.Testing;

namespace Remora.Feeds.Tests.Derivatives;

/// <summary>Which hours have a sum, and which sum.</summary>
public sealed class LiquidationTallyTests
{
    private static Instant At(string time) => Some.At($"2025-03-10T{time}Z");

    private static List<string> Hours(LiquidationTally tally, string until) =>
        [
            .. tally
                .CompletedUntil(At(until))
                .Select(hour =>
                    string.Join(
                        ' ',
                        [$"{hour.End.ToDateTimeOffset():HH:mm}", .. hour.Sums.Select(sum => $"{sum.Base}={sum.Usd}")]
                    )
                ),
        ];

    private static LiquidationTally Opened(string at)
    {
        var tally = new LiquidationTally();
        tally.Open(At(at), ["BTC", "ETH"]);
        return tally;
    }

    [Fact]
    public void The_hour_in_which_it_begins_has_no_value_and_the_next_has_one()
    {
        var tally = Opened("12:30:00");
        tally.Add("BTC", 100, At("12:45:00"));
        tally.Add("BTC", 10, At("13:00:00"));
        tally.Add("BTC", 1, At("13:59:59.999"));
        Assert.Empty(Hours(tally, "12:59:59"));
        Assert.Equal(["13:00"], Hours(tally, "13:30:00"));
        Assert.Equal(["14:00 BTC=11 ETH=0"], Hours(tally, "14:00:00"));
        Assert.Empty(Hours(tally, "14:00:00"));
    }

    [Fact]
    public void An_hour_heard_from_its_first_moment_counts() =>
        Assert.Equal(["13:00 BTC=0 ETH=0", "14:00 BTC=0 ETH=0"], Hours(Opened("12:00:00"), "14:30:00"));

    [Fact]
    public void A_loss_takes_the_hour_it_is_in_and_the_one_it_is_found_again_in()
    {
        var tally = Opened("12:00:00");
        tally.Add("BTC", 5, At("12:10:00"));
        Assert.Equal(At("13:00:00"), tally.Disconnect());
        Assert.Null(tally.Disconnect());
        Assert.Empty(Hours(tally, "15:00:00"));
        tally.Open(At("15:00:01"), ["BTC"]);
        Assert.Equal(["16:00", "17:00 BTC=0"], Hours(tally, "17:00:00"));
    }

    [Fact]
    public void What_cannot_be_believed_takes_its_hour_alone()
    {
        var tally = Opened("12:00:00");
        tally.DiscardHour(At("12:20:00"));
        tally.Add("BTC", 5, At("13:10:00"));
        Assert.Equal(["13:00", "14:00 BTC=5 ETH=0"], Hours(tally, "14:00:00"));
    }

    [Fact]
    public void What_comes_for_an_hour_that_is_summed_up_is_too_late()
    {
        var tally = Opened("12:00:00");
        Assert.Single(Hours(tally, "13:00:00"));
        tally.Add("BTC", 5, At("12:59:59"));
        tally.Add("BTC", 7, At("14:00:00"));
        Assert.Equal(["14:00 BTC=0 ETH=0", "15:00 BTC=7 ETH=0"], Hours(tally, "15:00:00"));
    }
}
