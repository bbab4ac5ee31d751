using FsCheck.Fluent;
using Remora.Forecasts;
using Remora.Markets;
using Remora.Testing;

namespace Remora.Tests.Forecasts;

/// <summary>Saved states of forecasters, and the candles that they continue.</summary>
public sealed class ForecastStateTests
{
    private const int Day = 96; // candles of 15m
    private static readonly Candle[] Tape = Some.Candles(3, 40 * Day, Timeframe.Parse("15m"));

    [Fact]
    public void A_series_continues_a_state_if_its_candles_are_equal()
    {
        var forecaster = Fits.Forecaster("15m");
        Assert.False(forecaster.HasPast);
        Assert.Null(forecaster.Continues(Tape)); // no candle yet
        forecaster.Also(Tape[..^10]);
        Assert.True(forecaster.HasPast);
        Assert.True(forecaster.Continues(Tape));
        Assert.True(forecaster.Continues(Tape[..^10]));
        // The beginning of a day is missing: it is not compared.
        Assert.True(forecaster.Continues(Tape[(39 * Day)..]));
        Assert.True(forecaster.Continues(Tape[((20 * Day) + 7)..]));
        // The last candle is not reached, or lies before.
        Assert.Null(forecaster.Continues(Tape[..^11]));
        Assert.Null(forecaster.Continues(Tape[^9..]));
        Assert.Null(forecaster.Continues([]));
    }

    [Fact]
    public void Any_other_candle_of_a_month_is_noticed() =>
        Prop.ForAll(
                Any.Seed,
                seed =>
                {
                    var forecaster = Fits.Forecaster("15m").Also(Tape[..^10]);
                    var resumed = Fits.Forecaster("15m");
                    resumed.Load(forecaster.Save());
                    var (at, kind) = (Tape.Length - 11 - (seed % (30 * Day)), seed / 7 % 4);
                    var other = Tape.ToList();
                    other[at] = kind switch
                    {
                        0 => other[at] with { Close = Math.BitIncrement(other[at].Close) },
                        1 => other[at] with { Volume = other[at].Volume + 1 },
                        2 => other[at] with { High = other[at].High * 1.001 },
                        _ => other[at],
                    };
                    if (kind == 3)
                        other.RemoveAt(at);
                    Assert.False(resumed.Continues(other), $"candle {at}, change {kind}");
                    Assert.True(resumed.Continues(Tape));
                }
            )
            .MustHold(60);

    [Fact]
    public void A_past_that_begins_later_is_another_one()
    {
        var forecaster = Fits.Forecaster("15m").Also(Tape[(37 * Day)..^10]);
        Assert.True(forecaster.Continues(Tape[(37 * Day)..]));
        Assert.False(forecaster.Continues(Tape[(36 * Day)..]));
    }

    [Fact]
    public void A_state_of_other_coefficients_is_refused()
    {
        var state = Fits.Forecaster("15m").Also(Tape).Save();
        var newest = Fits.Anywhere.Newest;
        var other = new Forecaster(
            Timeframe.Parse("15m"),
            new(newest with { Range = newest.Range with { MaximumEmptyShare = 0.5 } })
        );
        var e = Assert.Throws<FormatException>(() => other.Load(state));
        Assert.Contains("coefficients", e.Message, StringComparison.Ordinal);
        Assert.False(other.HasPast);
    }

    [Fact]
    public void A_file_of_states_keeps_parts_that_a_reader_does_not_know()
    {
        var parts = new Dictionary<string, byte[]>
        {
            ["market"] = [1, 2, 3],
            ["portfolio é"] = [],
            ["forecaster"] = [.. Enumerable.Range(0, 1000).Select(i => (byte)i)],
        };
        var content = StateFile.Write(parts);
        var read = StateFile.Read(content);
        Assert.Equal(parts.Keys, read.Keys);
        Assert.All(parts, part => Assert.Equal(part.Value, read[part.Key]));
        for (var at = 0; at < content.Length; at += 97)
        {
            var damaged = content.ToArray();
            damaged[at] ^= 16;
            Assert.Contains("damaged", Assert.Throws<FormatException>(() => StateFile.Read(damaged)).Message);
            Assert.Throws<FormatException>(() => StateFile.Read(content.AsSpan(0, at)));
        }
        // A state without the frame of a file.
        var bare = Fits.Forecaster("15m").Also(Tape[..200]).Save();
        Assert.Contains("format", Assert.Throws<FormatException>(() => StateFile.Read(bare)).Message);
    }
}
