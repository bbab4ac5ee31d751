using System.Collections.Concurrent;
using Remora.Markets;

namespace Remora.Server.Storage;

/// <summary>
/// Decides what is stored, so that each row is written once although every start and every outage fetches the past again: a
/// candle that is new or that the exchange has revised, and an assessment that was not given before. Candles may be noted
/// from any thread; everything else is called by the pump.
/// </summary>
internal sealed class WriteOnce
{
    private readonly ConcurrentDictionary<MarketId, Dictionary<Instant, int>> _candles = new(); // hashes by open time
    private readonly Dictionary<MarketId, Assessed> _assessed = [];

    /// <summary>Whether the store has said up to when each market was assessed.</summary>
    public bool IsKnown { get; set; }

    /// <summary>The store holds exactly these candles of a market, as far as a past reaches.</summary>
    public void Holds(MarketId market, IReadOnlyList<Candle> candles) =>
        _candles[market] = candles.ToDictionary(candle => candle.OpenTime, candle => candle.GetHashCode());

    /// <summary>The store holds assessments of a market up to this moment.</summary>
    public void HoldsAssessments(MarketId market, Instant until) => Of(market).Until = until;

    /// <summary>The candles of a fetched past that the store lacks or holds with other values; they count as stored from now on.</summary>
    /// <param name="market">Whose candles they are, with their own timeframe.</param>
    /// <param name="candles">The past in ascending order.</param>
    /// <param name="reach">How long before the last of them a past can begin; what is older is forgotten.</param>
    public IReadOnlyList<Candle> Changed(MarketId market, IReadOnlyList<Candle> candles, TimeSpan reach)
    {
        if (candles.Count == 0) return [];
        var stored = _candles.GetOrAdd(market, _ => []);
        var changed = candles.Where(candle => !IsStored(stored, candle)).ToList();
        foreach (var candle in changed) stored[candle.OpenTime] = candle.GetHashCode();
        if (stored.Count > 2 * candles.Count)
        {
            var from = candles[^1].OpenTime - reach;
            foreach (var open in stored.Keys.Where(open => open < from).ToList()) stored.Remove(open);
        }
        return changed;
    }

    /// <summary>Whether an assessment is to be stored; one that is counts as stored from now on.</summary>
    /// <param name="market">The market.</param>
    /// <param name="assessment">Its assessment.</param>
    /// <param name="isOfPast">Whether it was computed from a fetched past: then it may have been given, and stored, before.</param>
    public bool IsNew(MarketId market, Assessment assessment, bool isOfPast)
    {
        if (assessment.AsOf is not { } asOf) return false; // nothing is known yet, which is not part of history
        if (asOf - assessment.AssessedAt > market.Timeframe.Length) return false; // an old value of a source: no caller got this answer at that moment
        var assessed = Of(market);
        if (assessment.AssessedAt <= assessed.Until && (isOfPast || IsKnown)) return false;
        if (isOfPast)
        {
            if (assessed.Until is null && !IsKnown) return false; // it may be stored already: it is computed anew at every start
            if (assessed.PastUntil.TryGetValue(assessment.Policy, out var past) && assessment.AssessedAt <= past) return false;
            assessed.PastUntil[assessment.Policy] = assessment.AssessedAt;
        }
        else if (!IsKnown)
        {
            assessed.Until = assessment.AssessedAt;
        }
        return true;
    }

    private Assessed Of(MarketId market)
    {
        if (!_assessed.TryGetValue(market, out var assessed)) _assessed[market] = assessed = new();
        return assessed;
    }

    private static bool IsStored(Dictionary<Instant, int> stored, in Candle candle) =>
        stored.TryGetValue(candle.OpenTime, out var hash) && hash == candle.GetHashCode();

    /// <summary>Up to when a market was assessed.</summary>
    private sealed class Assessed
    {
        /// <summary>By the store, or since the start; null while that is unknown.</summary>
        public Instant? Until { get; set; }

        /// <summary>By policy: a past may come twice, from the store and from the exchange.</summary>
        public Dictionary<string, Instant> PastUntil { get; } = [];
    }
}
