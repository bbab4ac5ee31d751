using Remora.Markets;

namespace Remora.Feeds.Candles;

/// <summary>The result of comparing a response with the known candles.</summary>
internal enum Ruling
{
    /// <summary>The candles are equal.</summary>
    Same,

    /// <summary>
    /// The candles differ, but the response has not come twice, or the exchange's clock may be
    /// wrong.
    /// </summary>
    Unclear,

    /// <summary>Some candles have other values: the exchange has revised them.</summary>
    Revised,

    /// <summary>
    /// Most candles have other values: the exchange has replaced the series, or the known candles
    /// were wrong.
    /// </summary>
    Replaced,
}

/// <summary>
/// Decides what a response means that contradicts the known candles. A response counts once it has
/// come twice, because a transient fault does not repeat itself. If at least half of the candles
/// agree, the others are revisions. If fewer agree, the exchange's clock or a cache may be wrong,
/// and every candle may belong to another moment. Then the response counts only with the open
/// candle, which a response with earlier times does not contain. A response with later times
/// contains candles of the future and is refused before this check.
/// </summary>
internal sealed class RevisionCheck
{
    private IReadOnlyList<Candle> _previous = [];

    /// <summary>Classifies a response that covers the last known candles.</summary>
    /// <param name="comparison">The known candles compared with the response.</param>
    /// <param name="answer">The closed candles of the response.</param>
    /// <param name="hasOpenCandle">Returns whether the exchange has the open candle. Called only if
    /// it matters.</param>
    public async Task<Ruling> JudgeAsync(
        CandleComparison comparison,
        IReadOnlyList<Candle> answer,
        Func<Task<bool>> hasOpenCandle
    )
    {
        if (comparison.Different.Count == 0)
        {
            _previous = [];
            return Ruling.Same;
        }
        var repeated = CandleComparison.Of(_previous, answer) is { Common: > 0, Different.Count: 0 };
        _previous = answer;
        if (!repeated)
            return Ruling.Unclear;
        if (comparison.Different.Count * 2 <= comparison.Common)
            return Ruling.Revised;
        return await hasOpenCandle() ? Ruling.Replaced : Ruling.Unclear;
    }
}
