using FsCheck;
using FsCheck.Fluent;
using Remora.Indicators;
using Remora.Markets;
using Remora.Testing;

namespace Remora.Tests.Indicators;

public sealed class TrailingClosesTests
{
    [Theory, InlineData("5m", 12), InlineData("1h", 12), InlineData("8h", 12), InlineData("1d", 12)]
    public void Agree_with_looking_everything_up_whatever_is_missing(string name, int candles) =>
        Prop.ForAll(
                Any.Seed,
                seed =>
                {
                    var timeframe = Timeframe.Parse(name);
                    var tape = Some.WithHoles(Some.Candles(seed, 700, timeframe), seed, longestHole: 2 + (seed % 500));
                    var closes = new TrailingCloses(timeframe, candles);
                    for (var i = 0; i < tape.Length; i++)
                    {
                        var (now, close) = (tape[i].OpenTime + timeframe.Length, tape[i].Close);
                        closes.Update(now, close);
                        var dayAgo = Array.FindLastIndex(
                            tape,
                            i,
                            c => c.OpenTime + timeframe.Length <= now - TimeSpan.FromHours(24)
                        );
                        Assert.Equal(dayAgo < 0 ? double.NaN : (close / tape[dayAgo].Close) - 1, closes.DayReturn);
                        var highest = tape.Take(i + 1)
                            .Where(c => c.OpenTime + timeframe.Length > now - TimeSpan.FromHours(24))
                            .Max(c => c.Close);
                        Assert.Equal(dayAgo < 0 ? double.NaN : (close / highest) - 1, closes.DayDrawdown);
                        Assert.Equal(
                            i < candles ? double.NaN : Math.Log(close / tape[i - candles].Close),
                            closes.CandlesReturn
                        );
                        Assert.Equal(i < 1 ? double.NaN : Math.Log(close / tape[i - 1].Close), closes.LastReturn);
                    }
                }
            )
            .MustHold(times: 8);
}
