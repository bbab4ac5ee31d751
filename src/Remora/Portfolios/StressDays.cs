using System.Globalization;
using System.Reflection;
using Remora.Forecasts;
using Remora.Markets;

namespace Remora.Portfolios;

/// <summary>
/// The moves of coins in US dollars on past days, made by <c>studies/stress-days.py</c>.
/// </summary>
internal sealed class StressDays
{
    private readonly Dictionary<string, (double Change, double AtLow)> _moves = new(StringComparer.Ordinal);

    private StressDays(DateOnly day) => Day = day;

    /// <summary>The shipped days, the oldest first.</summary>
    public static IReadOnlyList<StressDays> All { get; } = Read();

    /// <summary>The day, UTC.</summary>
    public DateOnly Day { get; }

    /// <summary>The move of BTC.</summary>
    public (double Change, double AtLow) Bitcoin => _moves["BTC"];

    /// <summary>Returns the measured move of a pair; null when it is not known.</summary>
    public (double Change, double AtLow)? Of(Pair pair)
    {
        if (!_moves.TryGetValue(pair.Base, out var move))
            return null;
        if (Forecaster.IsDollar(pair.Quote))
            return move;
        return _moves.TryGetValue(pair.Quote, out var quote)
            ? (Relative(move.Change, quote.Change), Relative(move.AtLow, quote.AtLow))
            : null;
    }

    private static double Relative(double move, double quote) => ((1 + move) / (1 + quote)) - 1;

    private static List<StressDays> Read()
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("stress-days.csv")!;
        using var reader = new StreamReader(stream);
        var days = new List<StressDays>();
        reader.ReadLine(); // day,coin,change,at_low
        while (reader.ReadLine() is { Length: > 0 } row)
        {
            var cells = row.Split(',');
            var day = DateOnly.ParseExact(cells[0], "yyyy-MM-dd", CultureInfo.InvariantCulture);
            if (days.Count == 0 || days[^1].Day != day)
                days.Add(new(day));
            days[^1]._moves[cells[1]] = (Number(cells[2]), Number(cells[3]));
        }
        return days;
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
