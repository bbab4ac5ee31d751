namespace Remora.Backtest.Trading;

/// <summary>
/// Decides on entries. For each closed candle of a series, the value is the part of a position that
/// can be entered from its close until the next close, [0, 1]; 0 blocks. An entry uses the value of
/// the last candle that had closed by then, never a later one.
/// </summary>
/// <param name="Name">The name in reports.</param>
/// <param name="Size">One value per candle of the series.</param>
public sealed record Gate(string Name, double[] Size)
{
    /// <summary>Creates a gate that allows every entry.</summary>
    public static Gate Open(int candles)
    {
        var size = new double[candles];
        Array.Fill(size, 1);
        return new("ungated", size);
    }

    /// <summary>Creates a gate that blocks where <paramref name="blocked"/> is true.</summary>
    public static Gate Blocking(string name, IReadOnlyList<bool> blocked)
    {
        var size = new double[blocked.Count];
        for (var i = 0; i < size.Length; i++)
            size[i] = blocked[i] ? 0 : 1;
        return new(name, size);
    }
}
