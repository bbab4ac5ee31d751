using Remora.Markets;
using Remora.Sandbox.Faults;
using Remora.Sandbox.Replay;

namespace Remora.Sandbox;

/// <summary>The options of a sandbox.</summary>
public sealed record SandboxOptions
{
    /// <summary>The pairs that are simulated by default.</summary>
    public static IReadOnlyList<Pair> DefaultPairs { get; } =
    [.. new[] { "BTC", "ETH", "SOL", "BNB", "XRP", "ADA", "DOGE" }.Select(name => Pair.Parse(name + "/USDT"))];

    /// <summary>Returns names for more simulated pairs: M001/USDT, M002/USDT, …</summary>
    public static IEnumerable<Pair> MorePairs(int count) =>
        Enumerable.Range(1, count).Select(i => Pair.Parse($"M{i:000}/USDT"));

    /// <summary>The port on the loopback address; 0 uses any free port.</summary>
    public int Port { get; init; }

    /// <summary>
    /// The seed of all simulated prices. The same seed gives identical markets, to the last digit,
    /// at any time of request.
    /// </summary>
    public long Seed { get; init; } = 1;

    /// <summary>
    /// The speed of the clock. Only reported; the clock itself is an argument of
    /// <see cref="SandboxServer.StartAsync"/>.
    /// </summary>
    public double Speed { get; init; } = 1;

    /// <summary>
    /// The moment from which the simulated history is counted back; null is the clock's time at
    /// start.
    /// </summary>
    public Instant? Start { get; init; }

    /// <summary>The number of days of simulated candles before <see cref="Start"/>.</summary>
    public int HistoryDays { get; init; } = 230;

    /// <summary>
    /// The simulated pairs; null is <see cref="DefaultPairs"/>, or none if recorded candles are
    /// replayed. Pairs in USDT are also listed in USD on Kraken and Coinbase.
    /// </summary>
    public IReadOnlyList<Pair>? Pairs { get; init; }

    /// <summary>The pairs that are replayed from recorded candles instead.</summary>
    public IReadOnlyDictionary<Pair, ReplayTape> Replay { get; init; } = new Dictionary<Pair, ReplayTape>();

    /// <summary>
    /// Outside signals that are held at a value from the start, for example <c>fear_greed</c> at
    /// 15. See <see cref="Simulation.OutsideSignals.Names"/>.
    /// </summary>
    public IReadOnlyDictionary<string, double> Held { get; init; } = new Dictionary<string, double>();

    /// <summary>
    /// The seed that decides which requests are affected by a fault with a share below 1.
    /// </summary>
    public long FaultSeed { get; init; } = 1;

    /// <summary>The faults that are active from the start.</summary>
    public IReadOnlyList<Fault> Faults { get; init; } = [];

    /// <summary>The storm of random faults from the start; null for none.</summary>
    public FaultStorm? Storm { get; init; }

    /// <summary>
    /// The clock of the faults. They last real seconds at any speed of the markets, because the
    /// timeouts that they cause are real.
    /// </summary>
    public TimeProvider FaultClock { get; init; } = TimeProvider.System;

    /// <summary>
    /// The recording in one line that is unique to it: pairs, timeframes, first and last candle, a
    /// hash. Null if everything is simulated.
    /// </summary>
    public string? Recording =>
        Replay.Count == 0
            ? null
            : string.Join(
                "; ",
                Replay
                    .OrderBy(entry => entry.Key.ToString(), StringComparer.Ordinal)
                    .Select(entry => $"{entry.Key} {entry.Value.Summary}")
            );

    internal IReadOnlyList<Pair> SimulatedPairs => Pairs ?? (Replay.Count > 0 ? [] : DefaultPairs);

    internal void Validate()
    {
        Require(Port is >= 0 and <= 65535, nameof(Port), Port, "0 to 65535");
        Require(Speed is > 0 and <= 1_000_000, nameof(Speed), Speed, "above 0, up to 1000000");
        Require(HistoryDays is >= 1 and <= 3650, nameof(HistoryDays), HistoryDays, "1 to 3650");
        Require(SimulatedPairs.Count + Replay.Count > 0, nameof(Pairs), 0, "at least one pair, simulated or replayed");
        foreach (var pair in SimulatedPairs.Concat(Replay.Keys))
            Require(
                pair.Settle is null,
                Replay.ContainsKey(pair) ? nameof(Replay) : nameof(Pairs),
                pair,
                "spot pairs; the perpetual of each in USDT comes with it"
            );
        foreach (var fault in Faults)
            fault.Validate();
        Storm?.Validate();
    }

    private static void Require(bool holds, string field, object value, string allowed)
    {
        if (!holds)
            throw new SandboxOptionException($"{nameof(SandboxOptions)}.{field} is {value}: expected {allowed}");
    }
}

/// <summary>
/// Thrown for an invalid option, fault or replayed candle. The message names it and what is
/// allowed.
/// </summary>
public sealed class SandboxOptionException(string message) : Exception(message);
