namespace Remora.Backtest.Forecasts;

/// <summary>A claim of forecasts: an event has a stated rate.</summary>
/// <param name="Name">The name.</param>
/// <param name="Rate">The stated rate, in (0, 0.5).</param>
public sealed record Claim(string Name, double Rate);

/// <summary>The events of one claim on one day.</summary>
/// <param name="Hits">The number of events.</param>
/// <param name="N">The number of periods, which do not overlap.</param>
public readonly record struct ClaimCount(long Hits, long N);

/// <summary>
/// A test of claims that may be read after every day: the wealth of bets against them, which begins
/// with 1. While every claim holds, the probability that it ever reaches <see cref="Threshold"/> is
/// at most <see cref="FalseAlarms"/> (Ville's inequality), whatever happens together on one day.
/// </summary>
/// <remarks>
/// A claim holds while the rate, given everything before, is within a factor of
/// <see cref="Tolerance"/> of the stated one. A bet multiplies by the likelihood ratio of another
/// rate to that limit. The wealth is the mean over claims, over both sides, over
/// <see cref="Steps"/> and over the day on which the bet begins: half of it on the first day, half
/// spread over a year, so that a model that fails late is found too (Ramdas, Grünwald, Vovk and
/// Shafer 2023, "Game-theoretic statistics and safe anytime-valid inference"; Shin, Ramdas and
/// Rinaldo 2024, "E-detectors").
/// </remarks>
public sealed class ClaimEvidence
{
    /// <summary>The evidence at which claims count as contradicted.</summary>
    public const double Threshold = 100;

    /// <summary>The probability of a false alarm, at most.</summary>
    public const double FalseAlarms = 1 / Threshold;

    /// <summary>The factor by which a true rate may differ from the stated one.</summary>
    public const double Tolerance = 1.35;

    private const double Largest = 1e250;
    private const int Days = 366; // the longest year

    private readonly IReadOnlyList<Claim> _claims;
    private readonly Bet[][] _bets;
    private double[] _before;
    private int _day;

    /// <param name="claims">The claims, all of which are bet against from the first day.</param>
    /// <exception cref="ArgumentException">There is no claim, or a rate is outside (0,
    /// 0.5).</exception>
    public ClaimEvidence(IReadOnlyList<Claim> claims)
    {
        if (claims.Count == 0 || claims.Any(claim => claim.Rate is not (> 0 and < 0.5)))
            throw new ArgumentException("expected at least one claim, with a rate in (0, 0.5)", nameof(claims));
        _claims = claims;
        _bets = [.. claims.Select(claim => Steps.SelectMany(step => Bet.BothSides(claim.Rate, step)).ToArray())];
        _before = [.. claims.Select(_ => 1.0)];
    }

    /// <summary>
    /// The rates that are bet on, as factors of the limits and of their inverses.
    /// </summary>
    public static IReadOnlyList<double> Steps { get; } = [1.25, 1.6, 2.5, 5];

    /// <summary>The evidence against all claims together.</summary>
    public double Value { get; private set; } = 1;

    /// <summary>The highest evidence so far.</summary>
    public double Highest { get; private set; } = 1;

    /// <summary>
    /// What the last day multiplied the evidence against each claim by, in the order of the claims.
    /// </summary>
    public IReadOnlyList<double> Factors { get; private set; } = [];

    /// <summary>Adds a day on which all periods have ended.</summary>
    /// <param name="counts">The events of each claim, in the order of the claims.</param>
    /// <returns>What the day multiplied the evidence by.</returns>
    /// <exception cref="ArgumentException">The number of counts differs, or one has more events
    /// than periods.</exception>
    public double Add(ReadOnlySpan<ClaimCount> counts)
    {
        if (counts.Length != _claims.Count)
            throw new ArgumentException($"expected {_claims.Count} counts, not {counts.Length}", nameof(counts));
        var now = new double[counts.Length];
        for (var claim = 0; claim < now.Length; claim++)
        {
            if (counts[claim].Hits < 0 || counts[claim].Hits > counts[claim].N)
                throw new ArgumentException(
                    $"{counts[claim].Hits} events in {counts[claim].N} periods",
                    nameof(counts)
                );
            foreach (var bet in _bets[claim])
                now[claim] += bet.Play(counts[claim], _day) / _bets[claim].Length;
        }
        _day++;
        var value = Math.Min(Largest, now.Average());
        var factor = value / Value;
        Factors = [.. now.Zip(_before, (after, before) => after / before)];
        (_before, Value, Highest) = (now, value, Math.Max(Highest, value));
        return factor;
    }

    // One bet with all its beginnings
    private sealed class Bet(double limit, double rate)
    {
        private double _first = 1;
        private double _begun; // the sum over the days on which it has begun

        public static IEnumerable<Bet> BothSides(double stated, double step)
        {
            var (high, low) = (Math.Min(stated * Tolerance, 0.9), stated / Tolerance);
            return [new(high, Math.Min(high * step, (1 + high) / 2)), new(low, low / step)];
        }

        public double Play(ClaimCount count, int day)
        {
            var ratio = Math.Exp(
                (count.Hits * Math.Log(rate / limit)) + ((count.N - count.Hits) * Math.Log((1 - rate) / (1 - limit)))
            );
            _first = Math.Min(Largest, _first * ratio);
            _begun = Math.Min(Largest, (_begun + (day < Days ? 1 : 0)) * ratio);
            return (_first + ((_begun + Math.Max(0, Days - 1 - day)) / Days)) / 2;
        }
    }
}
