using Remora.Bots.Freqtrade;
using Remora.Server.Api.Portfolios;

namespace Remora.Server.Portfolios;

/// <summary>The books of the bots that are followed.</summary>
/// <param name="Books">One per bot, in the order of the settings.</param>
public sealed record FollowedBookList(IReadOnlyList<FollowedBook> Books);

/// <summary>What the open trades of a followed bot can lose within 24 hours.</summary>
/// <param name="Bot">The address of the bot.</param>
/// <param name="LastRead">When its trades were last read; null before the first time.</param>
/// <param name="ConsecutiveFailures">The number of failed reads since then.</param>
/// <param name="Error">Why there are no figures, or why the trades cannot be read now; null if all
/// is well.</param>
/// <param name="Currency">The currency of the wallet; null before the first read.</param>
/// <param name="Request">The trades and the balance as a request about a portfolio; null without
/// open trades.</param>
/// <param name="Risk">The answer to it; null without figures.</param>
/// <param name="LiquidationChance">The highest chance of a liquidation within 24 hours; null
/// without one.</param>
public sealed record FollowedBook(
    string Bot,
    DateTimeOffset? LastRead,
    int ConsecutiveFailures,
    string? Error,
    string? Currency,
    PortfolioRequest? Request,
    PortfolioAnswer? Risk,
    double LiquidationChance
)
{
    internal static FollowedBook Unread(string bot) => new(bot, null, 0, null, null, null, null, double.NaN);

    /// <summary>Returns the book with the present health of its reads.</summary>
    internal FollowedBook With(BookHealth health) =>
        this with
        {
            LastRead = health.LastRead,
            ConsecutiveFailures = health.ConsecutiveFailures,
            Error = health.ConsecutiveFailures > 0 ? health.LastError : Error,
        };
}
