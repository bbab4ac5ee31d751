using System.Text.Json;
using Remora.Risk;

namespace Remora.Bots.Freqtrade;

/// <summary>The open trades of a bot and the money that it manages.</summary>
/// <param name="Trades">The open trades, in the bot's order.</param>
/// <param name="Wallet">The bot's balance, open positions included, in its stake currency.</param>
/// <param name="Currency">The stake currency.</param>
public sealed record BotBook(IReadOnlyList<BotTrade> Trades, double Wallet, string Currency)
{
    /// <summary>Reads the book of a bot once.</summary>
    /// <exception cref="FreqtradeException">The bot refused the request or did not answer
    /// it.</exception>
    public static async Task<BotBook> ReadAsync(FreqtradeBot bot, CancellationToken cancellation)
    {
        using var rest = new FreqtradeRest(bot);
        return await ReadAsync(rest, cancellation);
    }

    internal static async Task<BotBook> ReadAsync(FreqtradeRest rest, CancellationToken cancellation)
    {
        var trades = await rest.TradesAsync(cancellation);
        var (wallet, currency) = await rest.BalanceAsync(cancellation);
        return new(trades, wallet, currency);
    }
}

/// <summary>An open trade of a bot.</summary>
/// <param name="Id">The bot's id of the trade.</param>
/// <param name="Pair">The bot's name of the pair.</param>
/// <param name="Side">Long or short.</param>
/// <param name="Amount">The amount of the base currency, leverage included.</param>
/// <param name="Price">The bot's present price; that of the entry when there is none.</param>
/// <param name="Leverage">The leverage; 1 without.</param>
/// <param name="Stop">The price of its stop; null without one.</param>
/// <param name="Liquidation">The price at which it is liquidated; null if it cannot be.</param>
public sealed record BotTrade(
    long Id,
    string Pair,
    Side Side,
    double Amount,
    double Price,
    double Leverage,
    double? Stop,
    double? Liquidation
)
{
    /// <summary>The value of the position in the quote currency, leverage included.</summary>
    public double Notional => Amount * Price;

    internal static BotTrade Of(JsonElement trade) =>
        new(
            trade.GetProperty("trade_id").GetInt64(),
            trade.GetProperty("pair").GetString()!,
            trade.TryGetProperty("is_short", out var isShort) && isShort.GetBoolean() ? Side.Short : Side.Long,
            trade.GetProperty("amount").GetDouble(),
            Number(trade, "current_rate") ?? trade.GetProperty("open_rate").GetDouble(),
            Number(trade, "leverage") ?? 1,
            Number(trade, "stop_loss_abs"),
            Number(trade, "liquidation_price")
        );

    // Freqtrade writes 0 and null for what it does not know.
    private static double? Number(JsonElement owner, string name) =>
        owner.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.GetDouble() > 0
            ? value.GetDouble()
            : null;
}
