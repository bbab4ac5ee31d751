using Remora.Markets;

namespace Remora.Feeds.Exchanges;

/// <summary>Where liquidations are told of while they happen: an exchange with perpetuals.</summary>
public interface ILiquidationSource
{
    /// <summary>The exchange's id, lower case.</summary>
    string Id { get; }

    /// <summary>Listens until it is cancelled or the connection fails; it is not connected again by itself.</summary>
    /// <param name="perpetuals">The symbols; those the exchange lacks are named when it opens.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="ExchangeException">It cannot be connected, or was lost.</exception>
    IAsyncEnumerable<LiquidationNews> LiquidationsAsync(IReadOnlyList<string> perpetuals, CancellationToken cancellation);
}

/// <summary>What a stream of liquidations can tell.</summary>
public enum LiquidationNewsKind
{
    /// <summary>It has begun: from now on everything is heard.</summary>
    Opened,

    /// <summary>It is still there, though nothing may have happened.</summary>
    Alive,

    /// <summary>A position was closed by force.</summary>
    Liquidation,
}

/// <summary>What a stream of liquidations tells, as the exchange sends it.</summary>
/// <param name="Kind">What it is about.</param>
public sealed record LiquidationNews(LiquidationNewsKind Kind)
{
    /// <summary>The symbols the exchange lacks.</summary>
    public IReadOnlyList<string> Missing { get; init; } = [];

    /// <summary>The symbol; null where it was left out.</summary>
    public string? Perpetual { get; init; }

    /// <summary>When it happened; null where that was left out.</summary>
    public Instant? At { get; init; }

    /// <summary>The price, in the quote currency; NaN where it was left out.</summary>
    public double Price { get; init; } = double.NaN;

    /// <summary>How much was closed, in the base currency; NaN where it was left out.</summary>
    public double Amount { get; init; } = double.NaN;
}
