using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Reflection;
using System.Text;
using Remora.Markets;

namespace Remora.Forecasts;

/// <summary>
/// All fits by the day from which each is valid. A forecast uses the newest fit that was valid at
/// its time, so that a backtest does not look ahead through its parameters. Immutable.
/// </summary>
public sealed class CoefficientVintages
{
    private readonly ImmutableArray<ForecastCoefficients> _fits;
    private readonly Lazy<long> _key;

    /// <param name="fits">The fits, in any order; at least one, no day twice.</param>
    /// <exception cref="ArgumentException">There is no fit, or two are valid from the same
    /// day.</exception>
    public CoefficientVintages(params IEnumerable<ForecastCoefficients> fits)
    {
        _fits = [.. fits.OrderBy(fit => fit.ValidFrom.UnixMilliseconds)];
        if (_fits.Length == 0)
            throw new ArgumentException("expected at least one fit", nameof(fits));
        for (var i = 1; i < _fits.Length; i++)
            if (_fits[i].ValidFrom == _fits[i - 1].ValidFrom)
                throw new ArgumentException($"two fits are valid from {_fits[i].ValidFrom}", nameof(fits));
        _key = new(() =>
            BinaryPrimitives.ReadInt64LittleEndian(
                Sha256.Hash(Encoding.UTF8.GetBytes(string.Join(' ', _fits.Select(fit => fit.Id))))
            )
        );
    }

    /// <summary>The fits of the engine's assembly.</summary>
    public static CoefficientVintages Shipped { get; } = ReadShipped();

    /// <summary>The fits, the oldest first.</summary>
    public IReadOnlyList<ForecastCoefficients> All => _fits;

    /// <summary>The newest fit.</summary>
    public ForecastCoefficients Newest => _fits[^1];

    /// <summary>A hash of all fits: equal keys mean equal numbers.</summary>
    internal long Key => _key.Value;

    /// <summary>
    /// Returns the newest fit that was valid at a moment; before the first fit, the first, in
    /// sample.
    /// </summary>
    public ForecastCoefficients At(Instant time)
    {
        var i = _fits.Length - 1;
        while (i > 0 && time < _fits[i].ValidFrom)
            i--;
        return _fits[i];
    }

    /// <summary>
    /// Whether a forecast at a moment is in sample: no fit was valid yet, so it uses one that has
    /// seen the outcome. Such forecasts prove nothing and must not be pooled with others.
    /// </summary>
    public bool IsInSample(Instant time) => time < _fits[0].ValidFrom;

    private static CoefficientVintages ReadShipped()
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("coefficients.json")!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return CoefficientsFile.Parse(bytes);
    }
}
