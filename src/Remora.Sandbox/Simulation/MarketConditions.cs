using Remora.Markets;

namespace Remora.Sandbox.Simulation;

/// <summary>
/// The state that all simulated markets share, hour by hour since a fixed day: a Markov chain of
/// volatility regimes (calm, normal, stormy, crash), slow bull and bear phases, and the common
/// return with its jumps. An hour depends on earlier hours only.
/// </summary>
internal sealed class MarketConditions(long seed)
{
    /// <summary>
    /// The first hour. It is fixed, so that a sandbox has the same prices whenever it was started.
    /// </summary>
    public static readonly Instant Anchor = Instant.From(new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero));

    private const int Chunk = 24 * 90;
    private const double PhaseChangesPerHour = 1.0 / (24 * 18);
    private static readonly ulong Stream = Dice.Stream("weather");
    private static readonly ulong JumpStream = Dice.Stream("weather jumps");

    private readonly Lock _lock = new();
    private MarketConditionsHour[] _hours = [];
    private MarketPhase _regime = MarketPhase.Normal;
    private double _phase;
    private double _turbulence;

    public long Seed => seed;

    /// <summary>Returns at least the first <paramref name="count"/> hours.</summary>
    public MarketConditionsHour[] Hours(int count)
    {
        var hours = Volatile.Read(ref _hours);
        if (hours.Length >= count)
            return hours;
        lock (_lock)
        {
            if (_hours.Length >= count)
                return _hours;
            var longer = new MarketConditionsHour[count + Chunk];
            _hours.CopyTo(longer, 0);
            for (var hour = _hours.Length; hour < longer.Length; hour++)
                longer[hour] = Draw(hour);
            Volatile.Write(ref _hours, longer);
            return longer;
        }
    }

    private MarketConditionsHour Draw(int hour)
    {
        var dice = new Dice(seed, Stream, hour);
        _regime = Follow(_regime, dice.Uniform());
        if (dice.Uniform() < PhaseChangesPerHour)
            _phase = (dice.Below(3) - 1) * 0.00012;
        // Volatility varies within a regime too, which makes the tails fatter.
        _turbulence = (0.98 * _turbulence) + (0.06 * dice.Normal());

        var parameters = RegimeParameters.Of(_regime);
        var volatility = parameters.Volatility * Math.Exp(_turbulence) * DayPattern(hour % 24);
        var drawn = (volatility * dice.Normal()) + parameters.Drift + _phase;

        var jumps = new Dice(seed, JumpStream, hour);
        var jump =
            jumps.Uniform() < parameters.JumpsPerHour ? ((1.6 * jumps.Normal()) - 0.3) * parameters.Volatility : 0;
        return new(volatility, drawn, jump, jumps.Below(60), _regime);
    }

    private static MarketPhase Follow(MarketPhase regime, double chance) =>
        regime switch
        {
            MarketPhase.Calm => chance < 0.010 ? MarketPhase.Normal : MarketPhase.Calm,
            MarketPhase.Normal => chance < 0.008 ? MarketPhase.Calm
            : chance < 0.014 ? MarketPhase.Stormy
            : MarketPhase.Normal,
            MarketPhase.Stormy => chance < 0.025 ? MarketPhase.Normal
            : chance < 0.030 ? MarketPhase.Crash
            : MarketPhase.Stormy,
            _ => chance < 0.12 ? MarketPhase.Stormy : MarketPhase.Crash,
        };

    /// <summary>
    /// Returns the daily pattern of activity: highest around the opening of New York, lowest twelve
    /// hours away from it.
    /// </summary>
    public static double DayPattern(int hourOfDay) => 1 + (0.3 * Math.Cos(2 * Math.PI * (hourOfDay - 14.5) / 24));
}

/// <summary>One hour of the shared state.</summary>
/// <param name="Volatility">Standard deviation of the common log return over the hour.</param>
/// <param name="Return">The common log return, without the jump.</param>
/// <param name="Jump">The part of it that happens in a single minute; usually 0.</param>
/// <param name="JumpMinute">The minute of the jump.</param>
/// <param name="MarketPhase">The regime.</param>
internal readonly record struct MarketConditionsHour(
    double Volatility,
    double Return,
    double Jump,
    int JumpMinute,
    MarketPhase MarketPhase
);

/// <summary>The volatility regimes.</summary>
internal enum MarketPhase
{
    Calm,
    Normal,
    Stormy,
    Crash,
}

/// <summary>
/// The parameters of a regime: volatility and drift per hour, and the number of jumps per hour.
/// </summary>
internal readonly record struct RegimeParameters(double Volatility, double Drift, double JumpsPerHour)
{
    public static RegimeParameters Of(MarketPhase regime) =>
        regime switch
        {
            MarketPhase.Calm => new(0.0022, 0.00005, 0.001),
            MarketPhase.Normal => new(0.0045, 0.00005, 0.004),
            MarketPhase.Stormy => new(0.0100, 0.00002, 0.015),
            _ => new(0.0180, -0.0100, 0.060),
        };
}
