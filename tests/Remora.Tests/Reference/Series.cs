using Remora.Markets;
using Remora.Testing;

namespace Remora.Tests.Reference;

/// <summary>
/// A tape on which the indicators are compared. The reference receives prices times
/// 2^<paramref name="ReferenceExponent"/>, because TA-Lib treats everything below 1e-14 as 0.
/// </summary>
public sealed record Series(string Name, Candle[] Candles, int ReferenceExponent = 0)
{
    private const int Length = 4_000;

    /// <summary>
    /// The names of all series, including the real ones whose data can be missing.
    /// </summary>
    public static readonly string[] Names =
    [
        "flat",
        "walk",
        "long_walk",
        "steps",
        "alternating",
        "monotone_up",
        "monotone_down",
        "sawtooth",
        "gaps",
        "quiet_after_shock",
        "tiny",
        "huge",
        "btc_slice",
        "btc_whole",
    ];

    /// <summary>Creates every series whose data exists.</summary>
    public static IEnumerable<Series> All()
    {
        yield return new("flat", Make(_ => 100));
        yield return new("walk", Some.Candles(1, Length));
        yield return new("long_walk", Some.Candles(2, 600_000));
        yield return new("steps", Make(i => 100 + (i / 60 % 7 * 5)));
        yield return new("alternating", Make(i => i % 2 == 0 ? 100 : 101, 0.25));
        yield return new("monotone_up", Make(i => 100 + (i * 0.125), 0.0625));
        yield return new("monotone_down", Make(i => 1000 - (i * 0.125), 0.0625));
        yield return new("sawtooth", Make(i => 100 + (i % 37), 0.5));
        yield return new("gaps", Make(i => 100 * (1 + (i / 50 % 2 * 0.3)) * (1 + (0.001 * Math.Sin(i))), 0.01));
        yield return new(
            "quiet_after_shock",
            Make(i => (i < 300 ? 100 + (20 * Math.Sin(i)) : 100) + (0.001 * Math.Sin(1.7 * i)), 0.0005)
        );
        yield return new("tiny", Scaled(Some.Candles(3, Length), 1e-11), 40);
        yield return new("huge", Scaled(Some.Candles(4, Length), 1e7));
        if (!SharedData.Has("candles/BTCUSDT-5m.csv.gz"))
            yield break;
        var real = SharedData.Candles("candles/BTCUSDT-5m.csv.gz");
        yield return new("btc_slice", real[200_000..300_000]);
        yield return new("btc_whole", real);
    }

    /// <summary>Log returns; the first is NaN.</summary>
    public double[] Returns() =>
        [.. Candles.Select((candle, i) => i == 0 ? double.NaN : Math.Log(candle.Close / Candles[i - 1].Close))];

    private static Candle[] Make(Func<int, double> close, double reach = 0)
    {
        var candles = new Candle[Length];
        for (var i = 0; i < Length; i++)
        {
            var (open, end) = (close(Math.Max(0, i - 1)), close(i));
            candles[i] = new(
                Some.Midnight + (i * TimeSpan.FromMinutes(5)),
                open,
                Math.Max(open, end) + reach,
                Math.Min(open, end) - reach,
                end,
                1
            );
        }
        return candles;
    }

    private static Candle[] Scaled(Candle[] candles, double factor) =>
        Array.ConvertAll(candles, candle => candle.Times(factor));
}
