namespace Remora.Server;

/// <summary>Finds the closest matches of a mistyped text.</summary>
internal static class Nearest
{
    /// <summary>
    /// Returns the candidates with the fewest edits from <paramref name="text"/>, nearest first.
    /// </summary>
    public static IReadOnlyList<string> To(string text, IEnumerable<string> candidates, int count)
    {
        var wanted = text.ToUpperInvariant();
        return
        [
            .. candidates
                .Distinct()
                .OrderBy(candidate => Edits(wanted, candidate.ToUpperInvariant()))
                .ThenBy(c => c, StringComparer.Ordinal)
                .Take(count),
        ];
    }

    /// <summary>
    /// Returns the number of letters to insert, remove or replace to turn one text into the other
    /// (Levenshtein distance).
    /// </summary>
    private static int Edits(string from, string to)
    {
        if (from.Length > 64)
            return Math.Abs(from.Length - to.Length); // too long to be a typing error
        var row = new int[to.Length + 1];
        for (var j = 0; j <= to.Length; j++)
            row[j] = j;
        for (var i = 1; i <= from.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= to.Length; j++)
            {
                var replaced = diagonal + (from[i - 1] == to[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }
        return row[to.Length];
    }
}
