using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Remora.Markets;

namespace Remora.Sandbox.Replay;

/// <summary>
/// Recorded candles of one market, as read from a file: in ascending order, without duplicates;
/// gaps are allowed.
/// </summary>
/// <param name="Timeframe">The timeframe of the candles.</param>
/// <param name="Candles">The candles.</param>
public sealed record ReplayTape(Timeframe Timeframe, IReadOnlyList<Candle> Candles)
{
    private const int HashBytes = 8;

    /// <summary>
    /// A short description of the recording with a hash of its candles. Other candles have another
    /// hash.
    /// </summary>
    internal string Summary
    {
        get
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            foreach (var candle in Candles)
                hash.AppendData(
                    MemoryMarshal.AsBytes<double>([
                        candle.OpenTime.UnixMilliseconds,
                        candle.Open,
                        candle.High,
                        candle.Low,
                        candle.Close,
                        candle.Volume,
                    ])
                );
            var span = Candles.Count == 0 ? "empty" : $"{Candles[0].OpenTime} to {Candles[^1].OpenTime}";
            return $"{Timeframe.Name} {span} {Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, HashBytes))}";
        }
    }
}
