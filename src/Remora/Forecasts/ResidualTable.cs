using System.Collections.Immutable;

namespace Remora.Forecasts;

/// <summary>
/// How large the outcomes of one kind were, in forecast standard deviations: the size that was
/// exceeded with each of fifteen probabilities from 0.5 to 0.001. Between two of them the size is
/// linear in the log of the probability; beyond the last it follows a power law through the sizes
/// of 0.01 and 0.001.
/// </summary>
public sealed record ResidualTable
{
    private const int Hundredth = 11;

    /// <summary>The probabilities of the table, descending.</summary>
    public static ImmutableArray<double> Probabilities { get; } =
    [0.5, 0.4, 0.3, 0.25, 0.2, 0.15, 0.1, 0.07, 0.05, 0.03, 0.02, 0.01, 0.005, 0.002, 0.001];

    private static readonly double[] Logs = [.. Probabilities.Select(Math.Log)];

    private readonly ImmutableArray<double> _sizes;
    private readonly double _tail; // exponent of the power law

    /// <param name="sizes">The size exceeded with each of <see cref="Probabilities"/>,
    /// ascending.</param>
    /// <exception cref="ArgumentException">The sizes do not ascend, their number differs, or their
    /// tail has no mean.</exception>
    public ResidualTable(ImmutableArray<double> sizes)
    {
        if (sizes.Length != Probabilities.Length)
            throw new ArgumentException($"expected {Probabilities.Length} sizes, not {sizes.Length}", nameof(sizes));
        for (var i = 0; i < sizes.Length; i++)
            if (!double.IsFinite(sizes[i]) || (i > 0 && !(sizes[i] > sizes[i - 1])))
                throw new ArgumentException(
                    $"expected finite sizes that grow as the probability falls, but that of {Probabilities[i]} "
                        + $"is {sizes[i]}",
                    nameof(sizes)
                );
        _sizes = sizes;
        _tail = Math.Log(10) / Math.Log(sizes[^1] / sizes[Hundredth]);
        if (!(sizes[Hundredth] > 0) || !(_tail > 1))
            throw new ArgumentException(
                "expected the size of 0.001 to be less than ten times that of 0.01, which is above 0",
                nameof(sizes)
            );
    }

    /// <summary>The sizes, ascending, in the order of <see cref="Probabilities"/>.</summary>
    public ImmutableArray<double> Sizes => _sizes;

    /// <summary>
    /// Returns the probability of an outcome above a size. Below the first size of the table it is
    /// linear from 1 at 0, as for falls and rises, which are never negative.
    /// </summary>
    public double ProbabilityAbove(double size)
    {
        if (size <= 0)
            return 1;
        if (size <= _sizes[0])
            return 1 - ((1 - Probabilities[0]) * size / _sizes[0]);
        if (size >= _sizes[^1])
            return Probabilities[^1] * Math.Pow(_sizes[^1] / size, _tail);
        var i = 1;
        while (size > _sizes[i])
            i++;
        var part = (size - _sizes[i - 1]) / (_sizes[i] - _sizes[i - 1]);
        return Math.Exp(Logs[i - 1] + (part * (Logs[i] - Logs[i - 1])));
    }

    /// <summary>Returns the size that is exceeded with a probability in (0, 0.5].</summary>
    public double SizeAt(double probability)
    {
        if (!(probability > 0 && probability <= Probabilities[0]))
            throw new ArgumentOutOfRangeException(nameof(probability), probability, "expected above 0 to 0.5");
        if (probability <= Probabilities[^1])
            return _sizes[^1] * Math.Pow(Probabilities[^1] / probability, 1 / _tail);
        var i = 1;
        while (probability < Probabilities[i])
            i++;
        var part = (Logs[i - 1] - Math.Log(probability)) / (Logs[i - 1] - Logs[i]);
        return _sizes[i - 1] + (part * (_sizes[i] - _sizes[i - 1]));
    }

    /// <summary>
    /// Returns the mean size of the outcomes that exceed <see cref="SizeAt"/> of a probability in
    /// [0.001, 0.5].
    /// </summary>
    public double MeanBeyond(double probability)
    {
        var from = Math.Max(probability, Probabilities[^1]);
        var size = SizeAt(from);
        var sum = _sizes[^1] * Probabilities[^1] * _tail / (_tail - 1);
        var probable = from;
        for (var i = 0; i < Probabilities.Length; i++)
        {
            var to = Probabilities[i];
            if (to >= probable)
                continue;
            var log = Math.Log(probable / to);
            var slope = (_sizes[i] - size) / log;
            sum += (size * (probable - to)) + (slope * (probable - to - (to * log)));
            (probable, size) = (to, _sizes[i]);
        }
        return sum / from;
    }
}
