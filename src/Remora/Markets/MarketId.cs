namespace Remora.Markets;

/// <summary>What is assessed: one pair on one exchange at one base timeframe.</summary>
/// <param name="Exchange">CCXT's id of the exchange, lower case: <c>binance</c>.</param>
/// <param name="Pair">The pair.</param>
/// <param name="Timeframe">The base timeframe.</param>
public sealed record MarketId(string Exchange, Pair Pair, Timeframe Timeframe)
{
    /// <summary>For logs and messages: <c>binance BTC/USDT 5m</c>.</summary>
    public override string ToString() => $"{Exchange} {Pair} {Timeframe}";
}
