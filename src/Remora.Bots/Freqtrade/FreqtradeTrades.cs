using System.Text.Json;

namespace Remora.Bots.Freqtrade;

/// <summary>Reads the closed trades of a bot over its REST interface.</summary>
public static class FreqtradeTrades
{
    private const int PageSize = 100; // a trade with many orders has some ten kilobytes
    private const int MostTrades = 1_000_000;

    /// <summary>Reads all closed trades, a page at a time, in the order of their ids.</summary>
    /// <param name="bot">The bot.</param>
    /// <param name="progress">Receives the share that is read, [0, 1].</param>
    /// <param name="cancellation">Cancels the requests.</param>
    /// <exception cref="FreqtradeException">The bot cannot be reached, refuses the user, or answers
    /// something else.</exception>
    public static async Task<BotTrades> ReadAsync(
        FreqtradeBot bot,
        IProgress<double>? progress,
        CancellationToken cancellation
    )
    {
        using var rest = new FreqtradeRest(bot);
        var trades = new List<JsonElement>();
        while (true)
        {
            var (page, total) = await rest.TradesAsync(PageSize, trades.Count, cancellation);
            trades.AddRange(page);
            if (trades.Count >= total)
                break;
            if (page.Count == 0 || trades.Count > MostTrades)
                throw new FreqtradeException(
                    $"{bot} returned {trades.Count} of {total} trades; expected all of at most {MostTrades}"
                );
            progress?.Report(trades.Count / (double)total);
        }
        return new(
            trades,
            await OptionalAsync(rest.OpenTradesAsync(cancellation)),
            await OptionalAsync(rest.StartingBalanceAsync(cancellation))
        );
    }

    // A bot that does not trade now does not answer these.
    private static async Task<T?> OptionalAsync<T>(Task<T> answer)
        where T : struct
    {
        try
        {
            return await answer;
        }
        catch (FreqtradeException)
        {
            return null;
        }
    }
}

/// <summary>The trades of a bot.</summary>
/// <param name="Closed">The closed trades, as the bot returned them.</param>
/// <param name="Open">The number of open trades; null if the bot does not say it.</param>
/// <param name="StartingBalance">
/// Balance at the start, in money; null if the bot does not say it.
/// </param>
public sealed record BotTrades(IReadOnlyList<JsonElement> Closed, int? Open, double? StartingBalance);
