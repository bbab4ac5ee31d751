using Remora.Markets;
using Remora.Testing;

namespace Remora.Tests.Markets;

public sealed class CandleTests
{
    private static readonly Instant Now = Some.Midnight + TimeSpan.FromHours(1);
    private static readonly Candle Good = new(Some.Midnight, 10, 12, 9, 11, 5);

    public static TheoryData<CandleFault, Candle> Table =>
        new()
        {
            { CandleFault.None, Good },
            { CandleFault.None, Good with { Open = 10, High = 10, Low = 10, Close = 10, Volume = 0 } },
            { CandleFault.None, Good with { OpenTime = Now - TimeSpan.FromMinutes(5) } },
            { CandleFault.NotFinite, Good with { Open = double.NaN } },
            { CandleFault.NotFinite, Good with { High = double.PositiveInfinity } },
            { CandleFault.NotFinite, Good with { Low = double.NegativeInfinity } },
            { CandleFault.NotFinite, Good with { Close = double.NaN } },
            { CandleFault.NotFinite, Good with { Volume = double.NaN } },
            { CandleFault.NotPositive, Good with { Open = 0 } },
            { CandleFault.NotPositive, Good with { High = -1 } },
            { CandleFault.NotPositive, Good with { Low = 0 } },
            { CandleFault.NotPositive, Good with { Low = -0.0 } },
            { CandleFault.NotPositive, Good with { Close = -11 } },
            { CandleFault.NegativeVolume, Good with { Volume = -1 } },
            { CandleFault.Inverted, Good with { High = 8 } },
            { CandleFault.Inverted, Good with { Open = 12.5 } },
            { CandleFault.Inverted, Good with { Open = 8.5 } },
            { CandleFault.Inverted, Good with { Close = 12.5 } },
            { CandleFault.Inverted, Good with { Close = 8.5 } },
            { CandleFault.Unaligned, Good with { OpenTime = Some.Midnight + TimeSpan.FromMinutes(1) } },
            { CandleFault.Unaligned, Good with { OpenTime = new(Some.Midnight.UnixMilliseconds + 1) } },
            { CandleFault.InTheFuture, Good with { OpenTime = Now + TimeSpan.FromMinutes(5) } },
            { CandleFault.NotClosed, Good with { OpenTime = Now } },
        };

    [Theory, MemberData(nameof(Table))]
    public void A_candle_is_checked_at_the_edge(CandleFault expected, Candle candle) =>
        Assert.Equal(expected, candle.Check(Timeframe.FiveMinutes, Now));

    [Fact]
    public void It_closes_to_the_millisecond()
    {
        var closes = Good.OpenTime + TimeSpan.FromMinutes(5);
        Assert.Equal(CandleFault.None, Good.Check(Timeframe.FiveMinutes, closes));
        Assert.Equal(CandleFault.NotClosed, Good.Check(Timeframe.FiveMinutes, new(closes.UnixMilliseconds - 1)));
    }
}
