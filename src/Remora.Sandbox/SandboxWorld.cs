using Remora.Markets;
using Remora.Sandbox.Replay;
using Remora.Sandbox.Series;
using Remora.Sandbox.Simulation;

namespace Remora.Sandbox;

/// <summary>
/// The markets of a sandbox, without the network: the data behind the responses of every exchange
/// in it.
/// </summary>
public sealed class SandboxWorld
{
    private readonly Dictionary<Pair, CandleSeries> _series = [];

    /// <summary>Prepares the markets. A simulated market costs nothing until it is read.</summary>
    /// <param name="options">What to simulate and what to replay.</param>
    /// <param name="start">When the sandbox starts, unless the options set it.</param>
    public SandboxWorld(SandboxOptions options, Instant start)
    {
        options.Validate();
        HistoryFrom = ((options.Start ?? start) - TimeSpan.FromDays(options.HistoryDays)).Floor(TimeSpan.FromDays(1));
        if (HistoryFrom < MarketConditions.Anchor)
            throw new SandboxOptionException(
                $"the simulated history begins at {HistoryFrom}: expected "
                    + $"{nameof(SandboxOptions)}.{nameof(SandboxOptions.Start)} less "
                    + $"{nameof(SandboxOptions.HistoryDays)} not before {MarketConditions.Anchor}"
            );

        Signals = new(options.Seed);
        foreach (var (signal, value) in options.Held)
            Signals.Hold(signal, value);
        var weather = new MarketConditions(options.Seed);
        foreach (var pair in options.SimulatedPairs)
            _series[pair] = new SimulatedSeries(weather, PairProfile.Of(pair), HistoryFrom);
        foreach (var (pair, tape) in options.Replay)
            _series[pair] = new ReplayedSeries(tape);
        Leader = _series.FirstOrDefault(market => market.Key.Base == "BTC").Value ?? _series.First().Value;
    }

    /// <summary>The markets, in the order of the options.</summary>
    public IReadOnlyDictionary<Pair, CandleSeries> Markets => _series;

    /// <summary>
    /// The signals that belong to no market, such as the VIX and the dollar, and the signals that
    /// are held at a value.
    /// </summary>
    public OutsideSignals Signals { get; }

    /// <summary>The moment from which simulated markets have candles.</summary>
    public Instant HistoryFrom { get; }

    /// <summary>Replay if any market is a recording, otherwise simulated.</summary>
    public SeriesOrigin Origin =>
        _series.Values.Any(series => series.Origin == SeriesOrigin.Replay)
            ? SeriesOrigin.Replay
            : SeriesOrigin.Simulated;

    /// <summary>
    /// The market that the fear and greed index follows: bitcoin if it exists, otherwise the first.
    /// </summary>
    internal CandleSeries Leader { get; }
}
