namespace Remora.Markets;

/// <summary>Identifies a market: one pair on one exchange at one base timeframe.</summary>
public sealed class MarketId : IEquatable<MarketId>
{
    private readonly string _text;
    private readonly int _hash; // cached: every candle looks up its market

    /// <summary>Creates the id of a market.</summary>
    /// <param name="exchange">The exchange's CCXT id in lower case: <c>binance</c>.</param>
    /// <param name="pair">The pair.</param>
    /// <param name="timeframe">The base timeframe.</param>
    public MarketId(string exchange, Pair pair, Timeframe timeframe)
    {
        Exchange = exchange;
        Pair = pair;
        Timeframe = timeframe;
        _text = $"{exchange} {pair} {timeframe}";
        _hash = _text.GetHashCode(StringComparison.Ordinal);
    }

    /// <summary>The exchange's CCXT id.</summary>
    public string Exchange { get; }

    /// <summary>The pair.</summary>
    public Pair Pair { get; }

    /// <summary>The base timeframe.</summary>
    public Timeframe Timeframe { get; }

    /// <inheritdoc/>
    public bool Equals(MarketId? other) =>
        ReferenceEquals(this, other) || (other is not null && _hash == other._hash && _text == other._text);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as MarketId);

    /// <inheritdoc/>
    public override int GetHashCode() => _hash;

    /// <summary>Returns the text for logs and messages: <c>binance BTC/USDT 5m</c>.</summary>
    public override string ToString() => _text;
}
