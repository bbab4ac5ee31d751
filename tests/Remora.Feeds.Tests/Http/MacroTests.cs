using System.Text.Json;
using Remora.Feeds.Macro;
using Remora.Markets;
using Remora.Testing;

namespace Remora.Feeds.Tests.Http;

public sealed class MacroTests
{
    private static readonly TimeSpan CloseKnown = new(21, 15, 0);

    [Fact]
    public async Task Closes_were_knowable_at_a_quarter_past_nine_and_the_running_price_when_it_was_seen()
    {
        await using var rig = await SourceRig.StartAsync(YahooChart.Vix, SourceRig.Fixture("yahoo-chart-vix.json"));
        await Eventually.True(() => rig.Received.Count == 3, "two closes and the running price");
        // Friday had no close.
        Assert.Equal([21.93, 24.87, 27.5], rig.Received.Select(o => o.Value));
        Assert.Equal(
            [Some.At("2025-03-05T21:15:00Z"), Some.At("2025-03-06T21:15:00Z"), SourceRig.Recorded],
            rig.Received.Select(o => o.HeldAt)
        );
        Assert.Equal(rig.Received[1].HeldAt, rig.Received[1].KnowableAt);
        Assert.True(rig.Received[2].KnowableAt >= rig.Received[2].HeldAt);
        // The same unmodified response contains the close once its time has come.
        await Eventually.True(() => rig.Received.Count == 4, "the close");
        Assert.Equal((27.5, Some.At("2025-03-10T21:15:00Z")), (rig.Received[3].Value, rig.Received[3].HeldAt));
        Assert.True(rig.Received[3].KnowableAt >= rig.Received[3].HeldAt);
    }

    [Fact]
    public void No_close_is_told_before_a_quarter_past_nine_of_its_day_at_any_moment()
    {
        var answer = JsonElement.Parse(SourceRig.Fixture("yahoo-chart-dollar.json"));
        var random = new Random(7);
        for (var i = 0; i < 2_000; i++)
        {
            var now = Some.At("2025-03-01T00:00:00Z") + TimeSpan.FromSeconds(random.Next(0, 20 * 86_400));
            foreach (var reading in YahooChart.DollarIndex.Read(answer, now).Where(reading => !reading.IsLive))
            {
                Assert.True(reading.HeldAt <= now, $"{reading} at {now}");
                Assert.Equal(CloseKnown, reading.HeldAt - reading.HeldAt.Floor(TimeSpan.FromDays(1)));
            }
        }
    }

    [Fact]
    public async Task The_five_day_change_of_the_dollar_is_known_from_the_first_answer_on()
    {
        await using var rig = await SourceRig.StartAsync(
            YahooChart.DollarIndex,
            SourceRig.Fixture("yahoo-chart-dollar.json")
        );
        await Eventually.True(() => rig.Received.Count >= 6, "the history");
        var book = new OutsideBook();
        foreach (var observation in rig.Received.Take(6))
            Assert.True(book.Apply(observation));
        // Against the close of the Tuesday before.
        Assert.Equal(
            (103.9 / 105.743) - 1,
            book.View("BTC").At(Signal.DollarIndex, SourceRig.Recorded + TimeSpan.FromMinutes(1)),
            1e-9
        );
    }

    [Theory]
    // Friday's close: usable until well into Tuesday's session.
    [InlineData("2025-03-07T21:15:00Z", "2025-03-11T15:15:00Z")]
    [InlineData("2025-03-10T15:00:00Z", "2025-03-11T15:15:00Z")] // Monday's running price
    [InlineData("2025-03-10T21:15:00Z", "2025-03-12T15:15:00Z")]
    [InlineData("2025-04-17T21:15:00Z", "2025-04-22T15:15:00Z")] // before Good Friday and Easter
    [InlineData("2024-12-24T21:15:00Z", "2024-12-27T15:15:00Z")] // Christmas on a Wednesday
    [InlineData("2025-07-03T21:15:00Z", "2025-07-08T15:15:00Z")] // the fourth of July on a Friday
    public void A_value_outlives_weekends_and_holidays_but_no_session(string heldAt, string until) =>
        Assert.Equal(Some.At(until), YahooChart.Vix.GoodUntil!(Some.At(heldAt)));

    /// <summary>New York's holidays of four years, as the exchange published them.</summary>
    [Fact]
    public void The_holidays_are_those_of_the_exchange()
    {
        string[] published =
        [
            "2021-01-01",
            "2021-01-18",
            "2021-02-15",
            "2021-04-02",
            "2021-05-31",
            "2021-07-05",
            "2021-09-06",
            "2021-11-25",
            "2021-12-24",
            "2022-01-17",
            "2022-02-21",
            "2022-04-15",
            "2022-05-30",
            "2022-06-20",
            "2022-07-04",
            "2022-09-05",
            "2022-11-24",
            "2022-12-26",
            "2023-01-02",
            "2023-01-16",
            "2023-02-20",
            "2023-04-07",
            "2023-05-29",
            "2023-06-19",
            "2023-07-04",
            "2023-09-04",
            "2023-11-23",
            "2023-12-25",
            "2024-01-01",
            "2024-01-15",
            "2024-02-19",
            "2024-03-29",
            "2024-05-27",
            "2024-06-19",
            "2024-07-04",
            "2024-09-02",
            "2024-11-28",
            "2024-12-25",
        ];
        var weekdays = Enumerable
            .Range(0, (4 * 365) + 1)
            .Select(new DateOnly(2021, 1, 1).AddDays)
            .Where(day => day.DayOfWeek is not (DayOfWeek.Saturday or DayOfWeek.Sunday));
        var closed = weekdays
            .Where(day => !TradingDays.IsTrading(day))
            .Select(day => day.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture));
        // Juneteenth became a holiday of the exchange a year later, so the tolerance is one day too
        // long.
        Assert.Equal(published.Append("2021-06-18").Order(), closed);
    }

    /// <summary>
    /// Over a year of daily closes, the last one is fresh at every moment. After two sessions
    /// without a new one it is stale.
    /// </summary>
    [Fact]
    public void No_weekend_or_holiday_of_a_year_is_staleness()
    {
        var close = Some.At("2024-01-02T21:15:00Z");
        for (var day = close; day < Some.At("2025-01-02T00:00:00Z"); day += TimeSpan.FromDays(1))
        {
            Assert.True(YahooChart.Vix.GoodUntil!(close) > day, $"the close of {close} on {day}");
            if (TradingDays.IsTrading(DateOnly.FromDateTime(day.ToDateTimeOffset().UtcDateTime)))
                close = day;
        }
    }
}
