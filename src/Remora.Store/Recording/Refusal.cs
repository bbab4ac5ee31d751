using Remora.ClickHouse;

namespace Remora.Store.Recording;

/// <summary>What an error of the store means for the batch that met it.</summary>
internal static class Refusal
{
    /// <summary>How often a batch is tried that is refused for a reason that is neither the rows' nor known to pass.</summary>
    public const int MostTries = 8;

    // Wrong rows: cannot be parsed, of another type, too large, of columns that are not there.
    private static readonly int[] OfRows = [6, 16, 20, 26, 27, 32, 33, 38, 41, 43, 47, 53, 69, 70, 72, 117, 128, 130, 131, 349, 469];

    // The server's state: it is busy, short of memory or disk, read-only, starting, or does not know us or our tables (yet).
    private static readonly int[] OfTheMoment =
        [0, 60, 74, 75, 76, 81, 159, 160, 164, 192, 194, 201, 202, 203, 209, 210, 225, 236, 241, 242, 243, 252, 254, 279, 285, 286, 289, 305, 319, 394, 497, 499, 516, 517, 518, 999];

    /// <summary>Whether the batch must go, given how often it was tried.</summary>
    public static bool IsForEver(ClickHouseException error, int tries) =>
        OfRows.Contains(error.Code) || (!OfTheMoment.Contains(error.Code) && tries >= MostTries);
}
