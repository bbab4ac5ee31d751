using Remora.ClickHouse;

namespace Remora.Store.Recording;

/// <summary>Decides what an error of the store means for the refused batch.</summary>
internal static class Refusal
{
    /// <summary>
    /// The number of attempts for a batch that is refused for another reason than its rows or a
    /// temporary state.
    /// </summary>
    public const int MostTries = 8;

    // Invalid rows: parse errors, wrong types, too large, or unknown columns.
    private static readonly int[] OfRows =
    [
        6,
        16,
        20,
        26,
        27,
        32,
        33,
        38,
        41,
        43,
        47,
        53,
        69,
        70,
        72,
        117,
        128,
        130,
        131,
        349,
        469,
    ];

    // State of the server: busy, out of memory or disk, read-only, starting, or without this user
    // or these tables (yet).
    private static readonly int[] OfTheMoment =
    [
        0,
        60,
        74,
        75,
        76,
        81,
        159,
        160,
        164,
        192,
        194,
        201,
        202,
        203,
        209,
        210,
        225,
        236,
        241,
        242,
        243,
        252,
        254,
        279,
        285,
        286,
        289,
        305,
        319,
        394,
        497,
        499,
        516,
        517,
        518,
        999,
    ];

    /// <summary>
    /// Returns whether the batch must be set aside, given the number of attempts.
    /// </summary>
    public static bool IsForEver(ClickHouseException error, int tries) =>
        !IsOfAnotherServer(error)
        && (OfRows.Contains(error.Code) || (!OfTheMoment.Contains(error.Code) && tries >= MostTries));

    // On a cluster, the connection to the server with the shard was lost. The codes are those of
    // incomplete rows.
    private static bool IsOfAnotherServer(ClickHouseException error) =>
        error.Message.Contains("while receiving packet from", StringComparison.Ordinal);
}
