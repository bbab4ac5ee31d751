using System.Collections.Frozen;
using Remora.Markets;

namespace Remora.Server.Answers;

/// <summary>
/// The tracked markets of one moment. A change of the set replaces the object, so that readers
/// never wait.
/// </summary>
internal sealed class BoardMarkets
{
    private readonly FrozenDictionary<MarketId, MarketAnswers> _byId;
    private readonly FrozenDictionary<string, MarketAnswers[]>.AlternateLookup<ReadOnlySpan<char>> _byPair;
    private readonly FrozenDictionary<string, MarketAnswers> _byBase;

    /// <param name="all">The markets, in order of preference.</param>
    public BoardMarkets(IReadOnlyList<MarketAnswers> all)
    {
        All = all;
        Ids = [.. all.Select(market => market.Id)];
        _byId = all.ToFrozenDictionary(market => market.Id);
        _byPair = all.GroupBy(market => market.Id.Pair.ToString())
            .ToFrozenDictionary(group => group.Key, group => group.ToArray())
            .GetAlternateLookup<ReadOnlySpan<char>>();
        _byBase = all.DistinctBy(market => market.Id.Pair.Base).ToFrozenDictionary(market => market.Id.Pair.Base);
    }

    public IReadOnlyList<MarketAnswers> All { get; }

    public IReadOnlyList<MarketId> Ids { get; }

    public bool Contains(MarketId market) => _byId.ContainsKey(market);

    /// <exception cref="KeyNotFoundException">The market is not tracked.</exception>
    public MarketAnswers Of(MarketId market) => _byId[market];

    public MarketAnswers[] OfPair(ReadOnlySpan<char> pair) => _byPair.TryGetValue(pair, out var markets) ? markets : [];

    public MarketAnswers? OfBase(string @base) => _byBase.GetValueOrDefault(@base);
}
