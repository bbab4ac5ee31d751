using Remora.Markets;

namespace Remora.Feeds.Candles;

/// <summary>What an answer says about candles that are known already.</summary>
internal enum Ruling
{
    /// <summary>The same.</summary>
    Same,

    /// <summary>Something else; it has not said so twice, or its clock may be wrong.</summary>
    Unclear,

    /// <summary>Some candles have other values: the exchange has revised them.</summary>
    Revised,

    /// <summary>Most candles have other values: the exchange has replaced the series, or what is known was wrong.</summary>
    Replaced,
}

/// <summary>
/// Decides what it means that an exchange's answer contradicts what is known. An answer counts once it has come twice: a fault of
/// a moment does not repeat itself. Where at least half of the candles agree, the others are revisions. Where fewer do, the exchange's clock
/// or a cache may be wrong, and every candle is that of another moment: then the answer counts only with the candle that is open now,
/// which an answer under earlier times does not have (one under later times has candles of the future, and is refused before).
/// </summary>
internal sealed class RevisionCheck
{
    private IReadOnlyList<Candle> _previous = [];

    /// <summary>Judges an answer that covers the last candles known.</summary>
    /// <param name="comparison">The candles known against the answer.</param>
    /// <param name="answer">The answer's closed candles.</param>
    /// <param name="hasOpenCandle">Whether the exchange has the candle that is open now; called only where it matters.</param>
    public async Task<Ruling> JudgeAsync(CandleComparison comparison, IReadOnlyList<Candle> answer, Func<Task<bool>> hasOpenCandle)
    {
        if (comparison.Different.Count == 0)
        {
            _previous = [];
            return Ruling.Same;
        }
        var repeated = CandleComparison.Of(_previous, answer) is { Common: > 0, Different.Count: 0 };
        _previous = answer;
        if (!repeated) return Ruling.Unclear;
        if (comparison.Different.Count * 2 <= comparison.Common) return Ruling.Revised;
        return await hasOpenCandle() ? Ruling.Replaced : Ruling.Unclear;
    }
}
