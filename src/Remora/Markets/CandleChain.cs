using System.Numerics;

namespace Remora.Markets;

/// <summary>
/// Identifies candles in their order: where they begin, how many they are, and a hash of all of
/// them. Two chains with equal hashes have equal candles. It is a checksum and no signature.
/// </summary>
internal struct CandleChain
{
    /// <summary>The number of candles.</summary>
    public int Count;

    /// <summary>The hash of all candles; 0 without one.</summary>
    public ulong Hash;

    private long _first;

    /// <summary>The open time of the first candle; meaningless without one.</summary>
    public readonly Instant First => new(_first);

    /// <summary>Adds the next candle.</summary>
    /// <param name="candle">The candle.</param>
    /// <param name="hash">Its <see cref="HashOf"/>.</param>
    public void Add(in Candle candle, ulong hash)
    {
        if (Count++ == 0)
            _first = candle.OpenTime.UnixMilliseconds;
        Follow(hash);
    }

    /// <summary>Adds a candle that only the hash contains.</summary>
    public void Follow(ulong hash)
    {
        Hash = (Hash ^ hash) * 0x9E3779B97F4A7C15;
        Hash ^= BitOperations.RotateRight(Hash, 29);
    }

    /// <summary>Reads or writes the state.</summary>
    public void Exchange(Forecasts.StateCodec codec)
    {
        var (count, hash) = ((long)Count, (long)Hash);
        codec.Field(ref _first);
        codec.Field(ref count);
        codec.Field(ref hash);
        (Count, Hash) = ((int)count, (ulong)hash);
    }

    /// <summary>Returns the hash of one candle, which is never 0.</summary>
    public static ulong HashOf(in Candle candle)
    {
        var hash = (ulong)candle.OpenTime.UnixMilliseconds;
        hash = Mix(hash, candle.Open);
        hash = Mix(hash, candle.High);
        hash = Mix(hash, candle.Low);
        hash = Mix(hash, candle.Close);
        return Mix(hash, candle.Volume) | 1;
    }

    private static ulong Mix(ulong hash, double value)
    {
        hash = (hash ^ BitConverter.DoubleToUInt64Bits(value)) * 0x9E3779B97F4A7C15;
        return hash ^ BitOperations.RotateRight(hash, 29);
    }
}
