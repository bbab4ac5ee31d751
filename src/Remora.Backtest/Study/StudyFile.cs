using System.Text.Json;
using Remora.Backtest.Data;
using Remora.Backtest.Strategies;
using Remora.Markets;
using Remora.Risk;

namespace Remora.Backtest.Study;

/// <summary>What a study is about: data, periods, strategies, policies and seeds. Read from JSON, snake_case; files are named relative to a data folder.</summary>
public sealed record StudyFile
{
    /// <summary>Heads the report.</summary>
    public string Name { get; init; } = "Study";

    /// <summary>The markets; a strategy uses the first whose candles have its timeframe.</summary>
    public IReadOnlyList<StudyMarket> Markets { get; init; } = [];

    /// <summary>Outside values.</summary>
    public IReadOnlyList<StudyOutside> Outside { get; init; } = [];

    /// <summary>The periods; the first is the one that charts, walk-forward and tables by class are of.</summary>
    public IReadOnlyList<StudyPeriod> Periods { get; init; } = [];

    /// <summary>Names of strategies.</summary>
    public IReadOnlyList<string> Strategies { get; init; } = [.. StrategyCatalog.All.Select(s => s.Name)];

    /// <summary>Policy files; without any the built-in policy. The first is under test, the others stand beside it.</summary>
    public IReadOnlyList<string> Policies { get; init; } = [];

    /// <summary>Thresholds on the score that are tried as gates of their own.</summary>
    public IReadOnlyList<double> Thresholds { get; init; } = [0.50, 0.60, 0.70];

    /// <summary>Turns of the gate per cell.</summary>
    public int Shifts { get; init; } = 2000;

    /// <summary>Placebos of the walk-forward, each of which tunes anew.</summary>
    public int WalkForwardShifts { get; init; } = 500;

    /// <summary>Windows of the walk-forward.</summary>
    public int WalkForwardWindows { get; init; } = 11;

    /// <summary>Resamples of the bootstrap.</summary>
    public int Resamples { get; init; } = 1000;

    /// <summary>The seed of everything random.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Reads a study.</summary>
    /// <exception cref="BacktestException">The text is no study; the message names the field and what is allowed.</exception>
    public static StudyFile Parse(ReadOnlySpan<byte> json)
    {
        StudyFile study;
        try
        {
            study = JsonSerializer.Deserialize<StudyFile>(json, RemoraJson.Options) ?? throw new BacktestException("a study is a JSON object, not null");
        }
        catch (JsonException e)
        {
            throw new BacktestException($"{e.Path?.Replace("$.", "")}: {e.Message.Split(" Path:")[0]} (line {e.LineNumber + 1})", e);
        }
        study.Check();
        return study;
    }

    internal IReadOnlyList<RiskPolicy> LoadPolicies(string folder)
    {
        if (Policies.Count == 0) return [RiskPolicy.Default];
        return [.. Policies.Select(file =>
        {
            try
            {
                return PolicyFile.Parse(File.ReadAllBytes(Path.Combine(folder, file)));
            }
            catch (Exception e) when (e is PolicyException or IOException or UnauthorizedAccessException)
            {
                throw new BacktestException($"{file}: {e.Message}", e);
            }
        })];
    }

    private void Check()
    {
        Require(Markets is { Count: > 0 }, "markets", "at least one market with 'pair' and 'candles'");
        Require(Periods is { Count: > 0 }, "periods", "at least one period with 'name', 'from' and 'to'");
        Require(Periods.All(p => p.From < p.To), "periods", "each 'from' before its 'to'");
        Require(Periods.DistinctBy(p => p.Name).Count() == Periods.Count, "periods", "each name once");
        Require(Strategies is { Count: > 0 } && Strategies.Distinct().Count() == Strategies.Count, "strategies", "at least one, each once");
        foreach (var strategy in Strategies) StrategyCatalog.Find(strategy);
        Require(Thresholds.All(t => t is > 0 and <= 1), "thresholds", "above 0 to 1");
        Require(Shifts is >= 1 and <= 1_000_000, "shifts", "1 to 1000000");
        Require(WalkForwardShifts is >= 1 and <= 1_000_000, "walk_forward_shifts", "1 to 1000000");
        Require(WalkForwardWindows is >= 2 and <= 100, "walk_forward_windows", "2 to 100");
        Require(Resamples is >= 10 and <= 1_000_000, "resamples", "10 to 1000000");
    }

    private static void Require(bool valid, string field, string allowed)
    {
        if (!valid) throw new BacktestException($"{field}: must be {allowed}");
    }
}

/// <summary>A market of a study.</summary>
/// <param name="Pair">The pair.</param>
/// <param name="Candles">Its candle file.</param>
/// <param name="Exchange">CCXT's id of the exchange.</param>
/// <param name="Timeframe">Its timeframe; told from the rows where it is not given.</param>
public sealed record StudyMarket(Pair Pair, string Candles, string Exchange = "binance", Timeframe? Timeframe = null);

/// <summary>A file of outside values.</summary>
/// <param name="File">The file.</param>
/// <param name="Kind">What is in it.</param>
/// <param name="Base">The base currency it is about; null for the whole market.</param>
/// <param name="Until">Leaves out what became known from here on, where another file takes over.</param>
public sealed record StudyOutside(string File, OutsideKind Kind, string? Base = null, Instant? Until = null);

/// <summary>A period of a study.</summary>
/// <param name="Name">Its name.</param>
/// <param name="From">Its first row.</param>
/// <param name="To">Its last row.</param>
public sealed record StudyPeriod(string Name, Instant From, Instant To);
