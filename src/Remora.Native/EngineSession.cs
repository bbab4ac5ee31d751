using System.Text.Json;
using Remora.Backtest.History;
using Remora.Markets;
using Remora.Risk;

namespace Remora.Native;

/// <summary>The engine of one market behind a handle. One call at a time.</summary>
internal sealed unsafe class EngineSession
{
    /// <summary>The most candles of one call.</summary>
    public const long MostRows = int.MaxValue;

    private const int MostOutputs = 4096;

    private readonly RemoraEngine _engine;
    private readonly Pair _pair;
    private readonly string _exchange;
    private readonly Signal[] _configured;
    private readonly KnowableQueue _outside = new();
    private readonly TextTable _texts = new();
    private readonly BookPast? _past;
    private Timeframe? _timeframe;
    private MarketHistory? _longer; // until the first candle
    private MarketId? _market;
    private Instant? _lastOpen;
    private int _calls;
    private bool _isBroken;

    public EngineSession(EngineOptions options)
    {
        (_pair, _exchange, _timeframe) = (options.GetPair(), options.GetExchange(), options.GetTimeframe());
        var outside = options.Outside ?? [];
        var signals = new HashSet<Signal>();
        for (var i = 0; i < outside.Count; i++)
        {
            var values = outside[i] ?? throw EngineOptions.Refuse($"outside[{i}] is null");
            if (Enqueue(values, i))
                signals.Add(values.GetSignal(i));
        }
        _configured = [.. signals.Order()];
        _past = options.GetBookHours() is > 0 and var kept ? new(kept) : null;
        var calendar = options.GetCalendar();
        foreach (var known in calendar.Flags)
            _outside.Add(known);
        _engine = new(options.GetPolicies(), _configured);
        _engine.Apply(MarketEvent.Dated(calendar.Dates));
    }

    /// <summary>Runs a call, unless another one is under way.</summary>
    public T Run<T>(Func<EngineSession, T> call)
    {
        if (Interlocked.Exchange(ref _calls, 1) != 0)
            throw new RefusedException(ResultCode.Busy, "another thread is using the engine");
        try
        {
            return _isBroken
                ? throw new RefusedException(ResultCode.Internal, "an earlier call failed inside: free the engine")
                : call(this);
        }
        finally
        {
            Volatile.Write(ref _calls, 0);
        }
    }

    /// <summary>Adds outside values.</summary>
    public void Observe(IReadOnlyList<OutsideOption?> outside)
    {
        var added = new List<Observation>();
        for (var i = 0; i < outside.Count; i++)
        {
            var values = outside[i] ?? throw EngineOptions.Refuse($"outside[{i}] is null");
            if (!_configured.Contains(values.GetSignal(i)))
                throw EngineOptions.Refuse(
                    $"outside[{i}]: the engine was created without '{values.Kind}': name it there, with values or "
                        + "without"
                );
            added.AddRange(values.Observe(i).Where(IsOwn));
        }
        foreach (var observation in added)
            _outside.Add(observation);
    }

    /// <summary>Takes hourly and daily candles from before the first candle.</summary>
    public void Seed(NativeCandles hourly, NativeCandles daily)
    {
        if (_lastOpen is not null || _longer is not null)
            throw new RefusedException(
                ResultCode.Argument,
                _longer is null ? "the engine has candles already: seed it before the first" : "the engine has a seed"
            );
        _longer = new(
            new CandleArrays(daily).ToCandles(Timeframe.OneDay),
            new CandleArrays(hourly).ToCandles(Timeframe.OneHour),
            []
        );
    }

    /// <summary>Applies candles and fills columns.</summary>
    public void Apply(NativeCandles candles, ReadOnlySpan<NativeOutput> outputs)
    {
        var rows = new CandleArrays(candles);
        var groups = GroupsOf(outputs, rows.Count);
        if (rows.Count == 0)
            return;
        var timeframe = _timeframe ?? rows.InferTimeframe();
        rows.Check(timeframe, _lastOpen);

        _timeframe = timeframe;
        var market = _market ??= new(_exchange, _pair, timeframe);
        _isBroken = true; // unless every row succeeds
        for (var row = 0L; row < rows.Count; row++)
        {
            var candle = rows[row];
            while (_outside.TryTake(candle.OpenTime + timeframe.Length, out var known))
                _engine.Apply(known);
            var first =
                _engine.Apply(Take(market, candle))
                ?? throw new InvalidOperationException($"row {row}: the arrays changed during the call");
            _past?.Add(first.AsOf!.Value, first.Forecast, _engine.HoursOf(market));
            foreach (var group in groups)
                group.Write(_engine, market, first, row);
        }
        _lastOpen = rows[rows.Count - 1].OpenTime;
        _isBroken = false;
    }

    /// <summary>Returns the newest assessment as JSON.</summary>
    public byte[] ToJson(int policy, int side, Instant? now)
    {
        CheckPolicy(policy);
        var of = SideOf(side);
        if (_market is null)
            throw new RefusedException(ResultCode.Argument, "there is no assessment before the first candle");
        var moment = now ?? _lastOpen!.Value + _timeframe!.Length;
        if (!EngineOptions.IsInRange(moment))
            throw new RefusedException(ResultCode.Argument, $"now is out of range: {moment.UnixMilliseconds}");
        var assessment = _engine.Assess(_market, policy, moment);
        return JsonSerializer.SerializeToUtf8Bytes(
            of == Side.Long ? assessment : assessment.At(moment, of),
            RemoraJson.Options.TypeOf<Assessment>()
        );
    }

    /// <summary>Returns what a book needs of this market at a moment; null before the first
    /// candle.</summary>
    /// <exception cref="RefusedException">The engine keeps no hours for books.</exception>
    public BookMarket? ToBookMarket(Instant? at)
    {
        if (_past is null)
            throw new RefusedException(
                ResultCode.Argument,
                $"the engine of {_pair} was created without book_hours: name them in its options"
            );
        return _market is null ? null : _past.At(_market, at ?? _lastOpen!.Value + _timeframe!.Length);
    }

    /// <summary>The pair.</summary>
    public Pair Pair => _pair;

    /// <summary>Returns the text of a code.</summary>
    public string Text(int code) =>
        code >= 0 && code < _texts.Count
            ? _texts[code]
            : throw new RefusedException(
                ResultCode.Argument,
                $"{code} is not the code of a text: there are {_texts.Count} texts, from 0"
            );

    private MarketEvent Take(MarketId market, in Candle candle)
    {
        if (_longer is not { } longer)
            return MarketEvent.Closed(market, candle);
        _longer = null;
        return MarketEvent.Recovered(market, longer with { Base = [candle] });
    }

    // A file without values for this market configures no source, as in a replay.
    private bool Enqueue(OutsideOption values, int position)
    {
        var isConfigured = values.File is null && (values.GetBase() is null || values.GetBase() == _pair.Base);
        foreach (var observation in values.Observe(position).Where(IsOwn))
        {
            _outside.Add(observation);
            isConfigured = true;
        }
        return isConfigured;
    }

    private bool IsOwn(Observation observation) => observation.Base is null || observation.Base == _pair.Base;

    private OutputGroup[] GroupsOf(ReadOnlySpan<NativeOutput> outputs, long rows)
    {
        if (outputs.Length > MostOutputs)
            throw new RefusedException(
                ResultCode.Argument,
                $"there are {outputs.Length} columns to fill: expected at most {MostOutputs}"
            );
        var groups = new Dictionary<(int Policy, Side Side), OutputGroup>();
        for (var i = 0; i < outputs.Length; i++)
        {
            var output = outputs[i];
            var name = NativeText.Decode(
                NativeText.Read(output.Column, -1, $"the name of column {i}", NativeError.ColumnLength)
            );
            CheckPolicy(output.Policy);
            var place = (output.Policy, SideOf(output.Side));
            if (!groups.TryGetValue(place, out var group))
                groups[place] = group = new(place.Policy, place.Item2);
            group.Columns.Add(OutputColumn.Of(name, output.Data, output.Bytes, rows, _texts));
        }
        return [.. groups.Values];
    }

    private void CheckPolicy(int policy)
    {
        if (policy < 0 || policy >= _engine.Policies.Count)
            throw new RefusedException(
                ResultCode.Argument,
                $"{policy} is not the position of a policy: expected 0 to {_engine.Policies.Count - 1}"
            );
    }

    private static Side SideOf(int side) =>
        side switch
        {
            0 => Side.Long,
            1 => Side.Short,
            _ => throw new RefusedException(ResultCode.Argument, $"{side} is not a side: expected 0 or 1"),
        };

    /// <summary>The columns of one policy and side.</summary>
    private sealed class OutputGroup(int policy, Side side)
    {
        public List<OutputColumn> Columns { get; } = [];

        public void Write(RemoraEngine engine, MarketId market, Assessment first, long row)
        {
            var assessment = policy == 0 ? first : engine.Assess(market, policy, first.AssessedAt);
            if (side != Side.Long)
                assessment = assessment.At(first.AssessedAt, side);
            foreach (var column in Columns)
                column.Write(assessment, row);
        }
    }
}
