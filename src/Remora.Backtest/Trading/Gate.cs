namespace Remora.Backtest.Trading;

/// <summary>
/// Decides on entries: for each closed candle of a series, the part of a position that may be entered from its close until the next, [0, 1]; 0 blocks.
/// An entry sees the value of the last candle that had closed by then, never a later one.
/// </summary>
/// <param name="Name">What it is called in reports.</param>
/// <param name="Size">One value for each candle of the series.</param>
public sealed record Gate(string Name, double[] Size)
{
    /// <summary>Lets everything through.</summary>
    public static Gate Open(int candles)
    {
        var size = new double[candles];
        Array.Fill(size, 1);
        return new("ungated", size);
    }

    /// <summary>Blocks where <paramref name="blocked"/> says so.</summary>
    public static Gate Blocking(string name, IReadOnlyList<bool> blocked)
    {
        var size = new double[blocked.Count];
        for (var i = 0; i < size.Length; i++) size[i] = blocked[i] ? 0 : 1;
        return new(name, size);
    }
}
