using Remora.Markets;
using Remora.Risk;
using Remora.Testing;

namespace Remora.Tests.Real;

/// <summary>
/// Real BTC/USDT 5m candles, with each day's fear index from its publication on. They are replayed
/// once for all tests that use them.
/// </summary>
public sealed class BtcReplay
{
    private const string File = "candles/BTCUSDT-5m.csv.gz";
    private const string Fear = "outside/fear-greed-daily.csv.gz";
    private readonly Lazy<Assessment[]> _assessments;

    public BtcReplay()
    {
        _assessments = new(Run);
    }

    /// <summary>The candles. Skips the test when the file is missing.</summary>
    public Candle[] Candles => field ??= SharedData.Candles(File);

    /// <summary>One assessment per candle.</summary>
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
            for (
                ;
                fear.TryPeek(out var day) && day.Time <= candle.OpenTime + Timeframe.FiveMinutes.Length;
                fear.Dequeue()
            )
                engine.Apply(
                    MarketEvent.Observed(
                        new(
                            Signal.FearGreed,
                            null,
                            day.Value,
                            day.Time,
                            day.Time,
                            TimeSpan.FromHours(36),
                            "alternative.me"
                        )
                    )
                );
            if (engine.Apply(MarketEvent.Closed(Some.Btc, candle)) is { } assessment)
                assessments.Add(assessment);
        }
        return [.. assessments];
    }
}

/// <summary>The test classes that share one replay.</summary>
[CollectionDefinition(nameof(BtcReplay))]
public sealed class BtcReplayCollection : ICollectionFixture<BtcReplay>;
