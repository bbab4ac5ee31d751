using Remora.Markets;
using Remora.Sandbox.Series;

namespace Remora.Sandbox.Replay;

/// <summary>
/// A market of recorded candles. A candle shows its open when it opens, and the rest only when it
/// has closed, because the recording does not contain what happened in between.
/// </summary>
public sealed class ReplayedSeries : CandleSeries
{
    private readonly Candle[] _candles;

    /// <summary>Creates a market from the candles of a tape.</summary>
    /// <exception cref="SandboxOptionException">A candle is malformed, out of order or a duplicate.
    /// The message names it.</exception>
    public ReplayedSeries(ReplayTape tape)
    {
        Base = tape.Timeframe;
        _candles = [.. tape.Candles];
        if (_candles.Length == 0)
            throw new SandboxOptionException("the replayed candles are empty: expected at least one");
        for (var i = 0; i < _candles.Length; i++)
        {
            var fault = _candles[i].Check(Base, Instant.MaxValue);
            if (fault != CandleFault.None)
                throw new SandboxOptionException($"replayed candle {i} ({_candles[i].OpenTime}) is invalid: {fault}");
            if (i > 0 && _candles[i].OpenTime <= _candles[i - 1].OpenTime)
                throw new SandboxOptionException(
                    $"replayed candle {i} ({_candles[i].OpenTime}) is not later than the one before it"
                );
        }
    }

    /// <inheritdoc/>
    public override Timeframe Base { get; }

    /// <inheritdoc/>
    public override Instant From => _candles[0].OpenTime;

    /// <inheritdoc/>
    public override Instant? Until => _candles[^1].OpenTime + Base.Length;

    /// <inheritdoc/>
    public override SeriesOrigin Origin => SeriesOrigin.Replay;

    /// <inheritdoc/>
    protected override IEnumerable<Candle> Pieces(Timeframe timeframe, Instant from, Instant to, Instant now)
    {
        for (var i = IndexOf(from); i < _candles.Length; i++)
        {
            var candle = _candles[i];
            if (candle.OpenTime >= to || candle.OpenTime > now)
                yield break;
            yield return candle.OpenTime + Base.Length <= now ? candle : Stub(candle);
        }
    }

    private int IndexOf(Instant from)
    {
        var (low, high) = (0, _candles.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_candles[middle].OpenTime < from)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }
}
