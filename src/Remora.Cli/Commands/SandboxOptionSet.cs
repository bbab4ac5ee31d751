using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Remora.Backtest;
using Remora.Backtest.Data;
using Remora.Feeds.Time;
using Remora.Markets;
using Remora.Sandbox;
using Remora.Sandbox.Faults;
using Remora.Sandbox.Replay;
using Remora.Sandbox.Simulation;

namespace Remora.Cli.Commands;

/// <summary>
/// Options of the sandbox's world, shared by <c>remora sandbox</c> and <c>remora serve
/// --sandbox</c>.
/// </summary>
internal sealed class SandboxOptionSet
{
    /// <summary>The distance of a replay's start from the start of the file, for warm-up.</summary>
    private static readonly TimeSpan ReplayPast = RequiredHistory.ReachOf(Timeframe.FiveMinutes);

    private readonly Option<long> _seed = new("--seed")
    {
        Description = "Seed of the simulated markets: the same seed produces the same prices",
        DefaultValueFactory = _ => 1,
    };

    private readonly Option<double> _speed = new("--speed")
    {
        Description = "Sandbox seconds per real second; 300 closes a 5m candle every second",
        DefaultValueFactory = _ => 1,
    };

    private readonly Option<Instant?> _start = Options.Time(
        "--start",
        "Start time of the sandbox's clock [default: now, or 31 days into the replayed file]"
    );

    private readonly Option<string[]> _replay = new("--replay")
    {
        Description =
            "Replay a candle file instead of simulated prices, for example BTC/USDT=candles.csv.gz; repeatable",
    };

    private readonly Option<string[]> _faults = new("--fault")
    {
        Description =
            $"Fault from the start, for all requests or a share of them: KIND or KIND:0.2; repeatable. KIND is one "
            + $"of {string.Join(", ", FaultKinds.Names)}",
    };

    private readonly Option<string[]> _held = new("--hold")
    {
        Description =
            $"Hold a signal at a value, for example fear_greed=15; repeatable. The signals are "
            + $"{string.Join(", ", OutsideSignals.Names)}",
    };

    private readonly Option<long?> _storm = new("--storm")
    {
        Description = "Cause random faults with pauses between them, from this seed",
    };

    private readonly Option<int> _history = new("--history-days")
    {
        Description = "Days of simulated history before the start",
        DefaultValueFactory = _ => 230,
    };

    private readonly Option<int> _more = new("--more-pairs")
    {
        Description = "More simulated pairs, named M001/USDT, M002/USDT and so on",
        DefaultValueFactory = _ => 0,
    };

    public SandboxOptionSet()
    {
        _more.Validators.Add(result =>
            Check(result, "--more-pairs", result.GetValueOrDefault<int>() is >= 0 and <= 999, "0 to 999")
        );
        _speed.Validators.Add(result =>
            Check(result, "--speed", result.GetValueOrDefault<double>() is > 0 and <= 100_000, "above 0, up to 100000")
        );
        _history.Validators.Add(result =>
            Check(result, "--history-days", result.GetValueOrDefault<int>() is >= 1 and <= 3650, "1 to 3650")
        );
        _replay.Validators.Add(result =>
        {
            foreach (var token in result.Tokens)
                if (!TrySplit(token.Value, '=', out var pair, out _) || !Pair.TryParse(pair, out _))
                    result.AddError($"--replay '{token.Value}': expected PAIR=FILE such as BTC/USDT=candles.csv.gz");
        });
        _held.Validators.Add(result =>
        {
            foreach (var token in result.Tokens)
                if (!TryReadHeld(token.Value, out _, out _))
                    result.AddError(
                        $"--hold '{token.Value}': expected SIGNAL=NUMBER, SIGNAL one of "
                            + $"{string.Join(", ", OutsideSignals.Names)}"
                    );
        });
        _faults.Validators.Add(result =>
        {
            foreach (var token in result.Tokens)
                if (!TryReadFault(token.Value, out _))
                    result.AddError(
                        $"--fault '{token.Value}': expected KIND or KIND:SHARE, share above 0 up to 1, KIND one of "
                            + $"{string.Join(", ", FaultKinds.Names)}"
                    );
        });
    }

    /// <summary>All options of the set, for a command.</summary>
    public IReadOnlyList<Option> All => [_speed, _seed, _start, _replay, _history, _more, _held, _faults, _storm];

    /// <summary>Returns the names of the options that were given.</summary>
    public IEnumerable<string> Given(ParseResult parsed) =>
        All.Where(option => IsGiven(parsed, option)).Select(option => option.Name);

    /// <summary>Returns the speed of the clock, as a multiple of real time.</summary>
    public double SpeedOf(ParseResult parsed) => parsed.GetValue(_speed);

    /// <summary>Starts the sandbox and its clock.</summary>
    /// <param name="parsed">The options.</param>
    /// <param name="port">The port; 0 for any free one.</param>
    /// <param name="speed">The speed of the clock; null for the folder's speed, or 1.</param>
    /// <param name="pairs">The simulated pairs; null for the default pairs.</param>
    /// <param name="mark">The mark of the data folder; null if nothing is stored.</param>
    /// <param name="cancellation">Cancels the start.</param>
    /// <exception cref="BacktestException">A file to replay cannot be read.</exception>
    /// <exception cref="SandboxOptionException">The options are invalid for this world.</exception>
    public async Task<StartedSandbox> StartAsync(
        ParseResult parsed,
        int port,
        double? speed,
        IReadOnlyList<Pair>? pairs,
        SandboxMark? mark,
        CancellationToken cancellation
    )
    {
        using var files = new FileEngine(cancellation);
        var tapes = new Dictionary<Pair, ReplayTape>();
        foreach (var text in parsed.GetValue(_replay) ?? [])
        {
            _ = TrySplit(text, '=', out var pair, out var file);
            var series = files.Read(file, timeframe: null);
            tapes[Pair.Parse(pair)] = new(series.Timeframe, series.Candles);
        }
        var held = new Dictionary<string, double>();
        foreach (var text in parsed.GetValue(_held) ?? [])
            if (TryReadHeld(text, out var signal, out var value))
                held[signal] = value;
        var known = mark?.World;
        var start =
            parsed.GetValue(_start)
            ?? known?.StartTime
            ?? StartOf(tapes.Values)
            ?? Instant.From(TimeProvider.System.GetUtcNow());
        var more = SandboxOptions.MorePairs(parsed.GetValue(_more)).ToList();
        var options = new SandboxOptions
        {
            Port = port,
            Seed = known is not null && !IsGiven(parsed, _seed) ? known.Seed : parsed.GetValue(_seed),
            Speed = speed ?? known?.Speed ?? 1,
            Start = start,
            HistoryDays = parsed.GetValue(_history),
            Pairs =
                more.Count == 0
                    ? (tapes.Count > 0 ? null : pairs)
                    : [.. tapes.Count > 0 ? [] : pairs ?? SandboxOptions.DefaultPairs, .. more],
            Replay = tapes,
            Held = held,
            Faults =
            [
                .. (parsed.GetValue(_faults) ?? []).Select(text =>
                    TryReadFault(text, out var fault) ? fault : throw new InvalidOperationException(text)
                ),
            ],
            Storm = parsed.GetValue(_storm) is { } seed ? new(seed) : null,
        };
        mark?.Require(options.Seed, start, options.Speed, options.Recording);
        var clock = new ScaledClock((known?.UntilTime ?? start).ToDateTimeOffset(), options.Speed);
        return new(await SandboxServer.StartAsync(options, clock, cancellation), clock, options);
    }

    private static bool IsGiven(ParseResult parsed, Option option) => parsed.GetResult(option) is { Implicit: false };

    private static Instant? StartOf(IReadOnlyCollection<ReplayTape> tapes)
    {
        if (tapes.Count == 0)
            return null;
        var first = tapes.Max(tape => tape.Candles[0].OpenTime);
        var last = tapes.Min(tape => tape.Candles[^1].OpenTime);
        var past = first + ReplayPast;
        return past < last ? past : first + ((last - first) / 2);
    }

    private static bool TryReadHeld(string text, out string signal, out double value)
    {
        value = double.NaN;
        return TrySplit(text, '=', out signal, out var number)
            && OutsideSignals.Names.Contains(signal)
            && double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out value);
    }

    private static bool TryReadFault(string text, out Fault fault)
    {
        fault = null!;
        var share = 1.0;
        var name = text;
        if (TrySplit(text, ':', out var kindName, out var shareText))
        {
            if (!double.TryParse(shareText, out share) || share is not (> 0 and <= 1))
                return false;
            name = kindName;
        }
        if (!FaultKinds.TryParse(name, out var kind))
            return false;
        fault = new(kind) { Share = share };
        return true;
    }

    private static bool TrySplit(string text, char separator, out string before, out string after)
    {
        var at = text.IndexOf(separator);
        (before, after) = at < 0 ? (text, "") : (text[..at], text[(at + 1)..]);
        return at > 0 && after.Length > 0;
    }

    private static void Check(OptionResult result, string name, bool valid, string allowed)
    {
        if (!valid)
            result.AddError($"{name} '{string.Join(' ', result.Tokens)}': expected {allowed}");
    }
}

/// <summary>A running sandbox.</summary>
/// <param name="Server">The server.</param>
/// <param name="Clock">The clock.</param>
/// <param name="Options">The options of its world.</param>
internal sealed record StartedSandbox(SandboxServer Server, ScaledClock Clock, SandboxOptions Options);
