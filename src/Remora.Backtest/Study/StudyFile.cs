using System.Text.Json;
using Remora.Backtest.Data;
using Remora.Backtest.Strategies;
using Remora.Markets;
using Remora.Risk;

namespace Remora.Backtest.Study;

/// <summary>
/// The definition of a study: data, periods, strategies, policies and seeds. Read from JSON in
/// snake_case. File names are relative to a data folder.
/// </summary>
public sealed record StudyFile
{
    /// <summary>The title of the report.</summary>
    public string Name { get; init; } = "Study";

    /// <summary>
    /// The markets of one or more pairs. A strategy runs on every pair, on the first of the pair's
    /// markets whose candles have its timeframe.
    /// </summary>
    public IReadOnlyList<StudyMarket> Markets { get; init; } = [];

    /// <summary>Outside values.</summary>
    public IReadOnlyList<StudyOutside> Outside { get; init; } = [];

    /// <summary>
    /// The periods, each of which gives a cell per strategy and gate. Disjoint periods keep the
    /// cells apart.
    /// </summary>
    public IReadOnlyList<StudyPeriod> Periods { get; init; } = [];

    /// <summary>
    /// The period of charts, walk-forward tests, tables by class and calibration. Without it, these
    /// use the first period, and the calibration uses every period.
    /// </summary>
    public StudyPeriod? Span { get; init; }

    /// <summary>
    /// Short, thin or dead markets for which the engine's answers are shown, without strategies.
    /// </summary>
    public IReadOnlyList<ThinMarket> ThinMarkets { get; init; } = [];

    /// <summary>Names of strategies.</summary>
    public IReadOnlyList<string> Strategies { get; init; } = [.. StrategyCatalog.All.Select(s => s.Name)];

    /// <summary>
    /// Names of built-in policies and policy files; empty for <c>remora-1</c>. The first one is
    /// under test, the others are for comparison.
    /// </summary>
    public IReadOnlyList<string> Policies { get; init; } = [];

    /// <summary>Thresholds on the score, each of which is tested as a gate.</summary>
    public IReadOnlyList<double> Thresholds { get; init; } = [0.50, 0.60, 0.70];

    /// <summary>The number of rotations of the gate per cell.</summary>
    public int Shifts { get; init; } = 2000;

    /// <summary>
    /// The number of placebos of a walk-forward test, each of which is tuned separately.
    /// </summary>
    public int WalkForwardShifts { get; init; } = 500;

    /// <summary>The number of windows of a walk-forward test.</summary>
    public int WalkForwardWindows { get; init; } = 11;

    /// <summary>The number of resamples of the bootstrap.</summary>
    public int Resamples { get; init; } = 1000;

    /// <summary>The seed of all random numbers.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Parses a study.</summary>
    /// <exception cref="BacktestException">The text is not a valid study; the message names the
    /// field and what is allowed.</exception>
    public static StudyFile Parse(ReadOnlySpan<byte> json)
    {
        StudyFile study;
        try
        {
            study =
                JsonDefaults.Read(json, new StudyFile(), BacktestJson.Shared.Options)
                ?? throw new BacktestException("a study is a JSON object, not null");
        }
        catch (JsonException e)
        {
            var expected = ExpectedJson.At<StudyFile>(e, BacktestJson.Shared.Options);
            var problem = expected is null ? e.Message.Split(" Path:")[0] : "must be " + expected;
            throw new BacktestException($"{e.Path?.Replace("$.", "")}: {problem} (line {e.LineNumber + 1})", e);
        }
        study.Check();
        return study;
    }

    /// <summary>
    /// The periods that do not overlap with an earlier one in the list. Trades of several periods
    /// are pooled over these only, so that each counts once.
    /// </summary>
    internal IReadOnlyList<StudyPeriod> Disjoint
    {
        get
        {
            var chosen = new List<StudyPeriod>();
            foreach (var period in Periods)
                if (!chosen.Exists(other => period.From <= other.To && other.From <= period.To))
                    chosen.Add(period);
            return chosen;
        }
    }

    internal IReadOnlyList<RiskPolicy> LoadPolicies(string folder)
    {
        if (Policies.Count == 0)
            return [RiskPolicy.Default];
        return
        [
            .. Policies.Select(file =>
            {
                if (BuiltInPolicies.All.FirstOrDefault(policy => policy.Name == file) is { } builtIn)
                    return builtIn;
                try
                {
                    return PolicyFile.Parse(File.ReadAllBytes(Path.Combine(folder, file)));
                }
                catch (Exception e) when (e is PolicyException or IOException or UnauthorizedAccessException)
                {
                    throw new BacktestException($"{file}: {e.Message}", e);
                }
            }),
        ];
    }

    private void Check()
    {
        Require(Markets is { Count: > 0 }, "markets", "at least one market with 'pair' and 'candles'");
        Require(Periods is { Count: > 0 }, "periods", "at least one period with 'name', 'from' and 'to'");
        Require(Periods.All(p => p.From < p.To), "periods", "each 'from' before its 'to'");
        Require(Periods.DistinctBy(p => p.Name).Count() == Periods.Count, "periods", "each name once");
        Require(Span is null || Span.From < Span.To, "span", "a period with 'from' before 'to'");
        foreach (var thin in ThinMarkets)
            thin.Check();
        Require(
            Strategies is { Count: > 0 } && Strategies.Distinct().Count() == Strategies.Count,
            "strategies",
            "at least one, each once"
        );
        foreach (var strategy in Strategies)
            StrategyCatalog.Find(strategy);
        Require(Thresholds.All(t => t is > 0 and <= 1), "thresholds", "above 0 to 1");
        Require(Shifts is >= 1 and <= 1_000_000, "shifts", "1 to 1000000");
        Require(WalkForwardShifts is >= 1 and <= 1_000_000, "walk_forward_shifts", "1 to 1000000");
        Require(WalkForwardWindows is >= 2 and <= 100, "walk_forward_windows", "2 to 100");
        Require(Resamples is >= 10 and <= 1_000_000, "resamples", "10 to 1000000");
    }

    internal StudyPeriod WholeSpan => Span ?? Periods[0];

    internal static void Require(bool valid, string field, string allowed)
    {
        if (!valid)
            throw new BacktestException($"{field}: must be {allowed}");
    }
}

/// <summary>A market of a study.</summary>
/// <param name="Pair">The pair.</param>
/// <param name="Candles">Its candle file.</param>
/// <param name="Exchange">The exchange's CCXT id.</param>
/// <param name="Timeframe">The timeframe of the file's candles; when it is null, it is derived from
/// the rows.</param>
/// <param name="Build">Builds candles of this longer timeframe from the file; null to use its own
/// candles.</param>
/// <param name="Calibrate">Whether the score is calibrated on this market.</param>
public sealed record StudyMarket(
    Pair Pair,
    string Candles,
    string Exchange = "binance",
    Timeframe? Timeframe = null,
    Timeframe? Build = null,
    bool Calibrate = true
);

/// <summary>A file of outside values.</summary>
/// <param name="File">The file.</param>
/// <param name="Kind">The kind of the values.</param>
/// <param name="Base">The base currency of the values; null for the whole market.</param>
/// <param name="Until">Leaves out values that became known from this moment on, from which another
/// file is used.</param>
public sealed record StudyOutside(string File, OutsideKind Kind, string? Base = null, Instant? Until = null);

/// <summary>A period of a study.</summary>
/// <param name="Name">Its name.</param>
/// <param name="From">Open time of the first row.</param>
/// <param name="To">Open time of the last row.</param>
public sealed record StudyPeriod(string Name, Instant From, Instant To);
