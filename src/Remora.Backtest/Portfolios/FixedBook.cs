using System.Collections.Immutable;
using Remora.Portfolios;

namespace Remora.Backtest.Portfolios;

/// <summary>A book of the first markets of a study, with the same weights at all times.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Kind">The table that its losses belong to.</param>
/// <param name="Weights">The weight of each market.</param>
public sealed record FixedBook(string Name, BookKind Kind, ImmutableArray<double> Weights)
{
    /// <summary>
    /// The five books of studies: equal longs, the first long against the second short, the others
    /// long against the first short, equal shorts, and the first alone.
    /// </summary>
    /// <param name="coins">The names of the markets, two or more.</param>
    public static IReadOnlyList<FixedBook> Of(IReadOnlyList<string> coins)
    {
        var n = coins.Count;
        var others = string.Join(", ", coins.Skip(1));
        double[] Each(Func<int, double> weight) => [.. Enumerable.Range(0, n).Select(weight)];
        return
        [
            new("equal longs", BookKind.NetLong, [.. Each(_ => 1.0 / n)]),
            new(
                $"{coins[0]} long, {coins[1]} short",
                BookKind.Hedged,
                [
                    .. Each(i =>
                        i == 0 ? 1
                        : i == 1 ? -1
                        : 0
                    ),
                ]
            ),
            new($"{others} long, {coins[0]} short", BookKind.Hedged, [.. Each(i => i == 0 ? -1 : 1.0 / (n - 1))]),
            new("equal shorts", BookKind.NetShort, [.. Each(_ => -1.0 / n)]),
            new(coins[0], BookKind.NetLong, [.. Each(i => i == 0 ? 1 : 0)]),
        ];
    }
}
