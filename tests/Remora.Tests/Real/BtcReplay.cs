using Remora.Markets;
using Remora.Risk;
using Remora.Testing;

namespace Remora.Tests.Real;

/// <summary>BTC/USDT 5m as it was, with the fear index of each day from the moment it was published, through the engine once for all tests of it.</summary>
public sealed class BtcReplay
{
    private const string File = "candles/BTCUSDT-5m.csv.gz";
    private const string Fear = "outside/fear-greed-daily.csv.gz";
    private readonly Lazy<Assessment[]> _assessments;

    public BtcReplay()
    {
        _assessments = new(Run);
    }

    /// <summary>The candles; skips the test where the file is not there.</summary>
    public Candle[] Candles => field ??= SharedData.Candles(File);

    /// <summary>An assessment per candle.</summary>
    public Assessment[] Assessments
    {
        get
        {
            SharedData.Require(File);
            SharedData.Require(Fear);
            return _assessments.Value;
        }
    }

    private Assessment[] Run()
    {
        var engine = new RemoraEngine([RiskPolicy.Default], [Signal.FearGreed]);
        var fear = new Queue<(Instant Time, double Value)>(SharedData.Column(Fear, 2));
        var assessments = new List<Assessment>(Candles.Length);
        foreach (var candle in Candles)
        {
            for (; fear.TryPeek(out var day) && day.Time <= candle.OpenTime + Timeframe.FiveMinutes.Length; fear.Dequeue())
                engine.Apply(MarketEvent.Observed(new(Signal.FearGreed, null, day.Value, day.Time, day.Time, TimeSpan.FromHours(36), "alternative.me")));
            if (engine.Apply(MarketEvent.Closed(Some.Market, candle)) is { } assessment) assessments.Add(assessment);
        }
        return [.. assessments];
    }
}

/// <summary>The classes that share one replay.</summary>
[CollectionDefinition(nameof(BtcReplay))]
public sealed class BtcReplayCollection : ICollectionFixture<BtcReplay>;
