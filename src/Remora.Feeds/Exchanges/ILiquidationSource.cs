using Remora.Markets;

namespace Remora.Feeds.Exchanges;

/// <summary>A source of liquidations as they happen: an exchange with perpetuals.</summary>
public interface ILiquidationSource
{
    /// <summary>The exchange's id, lower case.</summary>
    string Id { get; }

    /// <summary>
    /// Receives events until it is cancelled or the connection fails. Does not reconnect.
    /// </summary>
    /// <param name="perpetuals">The symbols. The first event lists those that the exchange
    /// lacks.</param>
    /// <param name="cancellation">Ends the stream.</param>
    /// <exception cref="ExchangeException">The connection cannot be opened, or was
    /// lost.</exception>
    IAsyncEnumerable<LiquidationEvent> LiquidationsAsync(
        IReadOnlyList<string> perpetuals,
        CancellationToken cancellation
    );
}

/// <summary>The kinds of events in a stream of liquidations.</summary>
public enum LiquidationEventKind
{
    /// <summary>The stream has started: from now on every liquidation is received.</summary>
    Opened,

    /// <summary>The stream is alive, even if nothing happened.</summary>
    Alive,

    /// <summary>A position was closed by force.</summary>
    Liquidation,
}

/// <summary>An event in a stream of liquidations, as the exchange sends it.</summary>
/// <param name="Kind">The kind of event.</param>
public sealed record LiquidationEvent(LiquidationEventKind Kind)
{
    /// <summary>The symbols that the exchange lacks.</summary>
    public IReadOnlyList<string> Missing { get; init; } = [];

    /// <summary>The symbol; null if missing.</summary>
    public string? Perpetual { get; init; }

    /// <summary>When the liquidation happened; null if missing.</summary>
    public Instant? At { get; init; }

    /// <summary>The price, in the quote currency; NaN if missing.</summary>
    public double Price { get; init; } = double.NaN;

    /// <summary>The amount that was closed, in the base currency; NaN if missing.</summary>
    public double Amount { get; init; } = double.NaN;
}
