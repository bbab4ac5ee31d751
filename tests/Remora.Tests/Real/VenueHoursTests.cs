using Remora.Markets;
using Remora.Testing;

namespace Remora.Tests.Real;

/// <summary>
/// A service that starts from the exchange's hourly candles has the same trend as one that has been
/// running all the time.
/// </summary>
[Collection(nameof(BtcReplay))]
public sealed class VenueHoursTests(BtcReplay replay)
{
    [Fact]
    public void The_venues_own_hours_give_the_trend_that_was_lived_through()
    {
        var candles = replay.Candles;
        var hours = SharedData.Candles("candles/BTCUSDT-1h.csv.gz");
        var start = Array.FindIndex(candles, c => c.OpenTime == Some.At("2025-03-01"));
        // A gap of months ends at 2024-01-01. The state from before it is dropped, so the history
        // must not contain earlier candles either.
        var history = new MarketHistory(
            [],
            [.. hours.Where(h => h.OpenTime >= Some.At("2024-01-01") && h.OpenTime < candles[start].OpenTime)],
            []
        );
        var model = new MarketModel(Timeframe.FiveMinutes);
        model.Seed(history with { Base = candles[start..(start + 1)] });
        for (var i = start; i < start + (288 * 7); i++)
        {
            model.Apply(candles[i]);
            var (lived, seeded) = (replay.Assessments[i].GetReadings().Trend, model.Readings.Trend);
            Assert.Equal(lived.Close, seeded.Close);
            Assert.Equal(lived.Sma200, seeded.Sma200);
            foreach (
                var (a, b) in new[]
                {
                    (lived.Adx, seeded.Adx),
                    (lived.PlusDi, seeded.PlusDi),
                    (lived.MinusDi, seeded.MinusDi),
                    (lived.Ema26, seeded.Ema26),
                }
            )
                Assert.Equal(1, a / b, 1e-12);
        }
    }
}
