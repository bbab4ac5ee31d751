using System.Collections.Concurrent;
using Remora.Markets;

namespace Remora.Server.Storage;

/// <summary>
/// Decides what is stored, so that each row is written once although every start and every outage
/// fetches history again: candles that are new or that the exchange revised, and assessments that
/// were not given before. What the store holds may be noted from any thread. The pump calls all
/// other methods.
/// </summary>
internal sealed class WriteOnce
{
    private readonly ConcurrentDictionary<MarketId, Dictionary<Instant, int>> _candles = new(); // hashes by open time
    private readonly ConcurrentDictionary<MarketId, Assessed> _assessed = new();

    /// <summary>
    /// Whether the time of the last stored assessment of each market has been read from the store.
    /// </summary>
    public bool IsKnown { get; set; }

    /// <summary>
    /// Records that the store contains exactly these candles of a market, as far back as history is
    /// read.
    /// </summary>
    public void Holds(MarketId market, IReadOnlyList<Candle> candles) =>
        _candles[market] = candles.ToDictionary(candle => candle.OpenTime, candle => candle.GetHashCode());

    /// <summary>Records that the store contains assessments of a market up to this time.</summary>
    public void HoldsAssessments(MarketId market, Instant until) => Of(market).Until = until;

    /// <summary>Forgets a market, as if it had never been tracked.</summary>
    public void Forget(MarketId market)
    {
        _candles.TryRemove(market, out _);
        _assessed.TryRemove(market, out _);
    }

    /// <summary>
    /// Returns the candles of fetched history that the store lacks or contains with other values.
    /// They count as stored from then on.
    /// </summary>
    /// <param name="market">The market of the candles, with their own timeframe.</param>
    /// <param name="candles">The history in ascending order.</param>
    /// <param name="reach">
    /// How long before the last candle a history can begin. Older entries are dropped.
    /// </param>
    public IReadOnlyList<Candle> Changed(MarketId market, IReadOnlyList<Candle> candles, TimeSpan reach)
    {
        if (candles.Count == 0)
            return [];
        var stored = _candles.GetOrAdd(market, _ => []);
        var changed = candles.Where(candle => !IsStored(stored, candle)).ToList();
        foreach (var candle in changed)
            stored[candle.OpenTime] = candle.GetHashCode();
        if (stored.Count > 2 * candles.Count)
        {
            var from = candles[^1].OpenTime - reach;
            foreach (var open in stored.Keys.Where(open => open < from).ToList())
                stored.Remove(open);
        }
        return changed;
    }

    /// <summary>
    /// Whether an assessment must be stored. If so, it counts as stored from then on.
    /// </summary>
    /// <param name="market">The market.</param>
    /// <param name="assessment">The assessment.</param>
    /// <param name="isOfPast">
    /// Whether it was computed from fetched history. It may then have been given and stored before.
    /// </param>
    public bool IsNew(MarketId market, Assessment assessment, bool isOfPast)
    {
        if (assessment.AsOf is not { } asOf)
            return false; // no data yet, which is not part of history
        // An old value of a source: no caller received this answer at that time.
        if (asOf - assessment.AssessedAt > market.Timeframe.Length)
            return false;
        var assessed = Of(market);
        if (assessment.AssessedAt <= assessed.Until && (isOfPast || IsKnown))
            return false;
        if (isOfPast)
        {
            // May be stored already, because it is recomputed at every start.
            if (assessed.Until is null && !IsKnown)
                return false;
            if (assessed.PastUntil.TryGetValue(assessment.Policy, out var past) && assessment.AssessedAt <= past)
                return false;
            assessed.PastUntil[assessment.Policy] = assessment.AssessedAt;
        }
        else if (!IsKnown)
        {
            assessed.Until = assessment.AssessedAt;
        }
        return true;
    }

    private Assessed Of(MarketId market) => _assessed.GetOrAdd(market, static _ => new());

    private static bool IsStored(Dictionary<Instant, int> stored, in Candle candle) =>
        stored.TryGetValue(candle.OpenTime, out var hash) && hash == candle.GetHashCode();

    /// <summary>The time up to which a market was assessed.</summary>
    private sealed class Assessed
    {
        /// <summary>The time by the store, or since the start; null while it is unknown.</summary>
        public Instant? Until { get; set; }

        /// <summary>
        /// The time by policy. The same history can arrive twice: from the store and from the
        /// exchange.
        /// </summary>
        public Dictionary<string, Instant> PastUntil { get; } = [];
    }
}
