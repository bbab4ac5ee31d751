using Remora.Backtest.Calibration;

namespace Remora.Backtest.Forecasts;

/// <summary>
/// Ridge regression of weighted rows on a constant, inputs and the hour of the week. The hour of
/// the week enters as 168 cells, 24 hours of the day and 7 days, each with its penalty; their sum
/// is one table. Only sums are stored, so memory does not depend on the number of rows.
/// </summary>
/// <param name="inputs">The number of inputs.</param>
internal sealed class SeasonalRidge(int inputs)
{
    /// <summary>The number of hours of a week.</summary>
    public const int Week = 168;
    private const int Day = 24;

    private readonly int _size = inputs + 1; // the constant first
    private readonly double[,] _products = new double[inputs + 1, inputs + 1];
    private readonly double[] _targets = new double[inputs + 1];
    private readonly double[,] _cells = new double[Week, inputs + 1];
    private readonly double[] _cellTargets = new double[Week];

    /// <summary>The number of rows.</summary>
    public int Count { get; private set; }

    /// <summary>Adds a row.</summary>
    public void Add(ReadOnlySpan<double> x, int hourOfWeek, double y, double weight = 1)
    {
        for (var i = 0; i < _size; i++)
        {
            var weighted = weight * (i == 0 ? 1 : x[i - 1]);
            for (var j = 0; j <= i; j++)
                _products[i, j] += weighted * (j == 0 ? 1 : x[j - 1]);
            _targets[i] += weighted * y;
            _cells[hourOfWeek, i] += weighted;
        }
        _cellTargets[hourOfWeek] += weight * y;
        Count++;
    }

    /// <summary>
    /// Returns the fit. The mean of its table is 0. Null while the rows do not determine it.
    /// </summary>
    /// <param name="penalties">The penalty of each input; empty for none.</param>
    /// <param name="season">The penalties of the table's parts; null for a fit without the hour of
    /// the week.</param>
    public SeasonalFit? Solve(ReadOnlySpan<double> penalties, SeasonPenalty? season)
    {
        var size = season is null ? _size : _size + Week + Day + 7;
        var (matrix, targets) = (new double[size, size], new double[size]);
        for (var i = 0; i < _size; i++)
        {
            for (var j = 0; j <= i; j++)
                matrix[i, j] = _products[i, j];
            targets[i] = _targets[i];
        }
        for (var i = 0; i < penalties.Length; i++)
            matrix[i + 1, i + 1] += penalties[i];
        if (season is { } penalty)
            AddSeason(matrix, targets, penalty);
        if (!Cholesky.Solve(matrix, targets))
            return null;

        var table = new double[Week];
        for (var cell = 0; cell < Week && season is not null; cell++)
            foreach (var member in MembersOf(cell))
                table[cell] += targets[member];
        var mean = table.Average();
        for (var cell = 0; cell < Week; cell++)
            table[cell] -= mean;
        return new(targets[0] + mean, targets[1.._size], table);
    }

    private void AddSeason(double[,] matrix, double[] targets, SeasonPenalty penalty)
    {
        for (var cell = 0; cell < Week; cell++)
        {
            var members = MembersOf(cell);
            for (var a = 0; a < members.Length; a++)
            {
                for (var i = 0; i < _size; i++)
                    matrix[members[a], i] += _cells[cell, i];
                for (var b = 0; b <= a; b++)
                    matrix[members[a], members[b]] += _cells[cell, 0];
                targets[members[a]] += _cellTargets[cell];
            }
        }
        for (var i = _size; i < targets.Length; i++)
            matrix[i, i] +=
                i < _size + Week ? penalty.Cells
                : i < _size + Week + Day ? penalty.Hours
                : penalty.Days;
    }

    // The unknowns of an hour of the week: its cell, its hour of the day and its day.
    private int[] MembersOf(int cell) => [_size + cell, _size + Week + (cell % Day), _size + Week + Day + (cell / Day)];
}

/// <summary>The penalties of the hour of the week.</summary>
/// <param name="Cells">Of each of the 168 hours.</param>
/// <param name="Hours">Of each hour of the day.</param>
/// <param name="Days">Of each day of the week.</param>
internal readonly record struct SeasonPenalty(double Cells, double Hours, double Days)
{
    /// <summary>The penalties of all models with an hour of the week.</summary>
    public static SeasonPenalty Usual { get; } = new(10, 10.0 / 6, 10.0 / 6);
}

/// <summary>A fitted regression with an hour of the week.</summary>
/// <param name="Intercept">The constant.</param>
/// <param name="Coefficients">One coefficient per input.</param>
/// <param name="Season">What each hour of the week adds; the mean is 0. Monday 00:00 UTC is the
/// first.</param>
internal sealed record SeasonalFit(double Intercept, double[] Coefficients, double[] Season)
{
    /// <summary>Returns the value of a row.</summary>
    public double Of(ReadOnlySpan<double> x, int hourOfWeek)
    {
        var sum = Intercept + Season[hourOfWeek];
        for (var i = 0; i < Coefficients.Length; i++)
            sum += Coefficients[i] * x[i];
        return sum;
    }
}
