using System.Text;
using Remora.Markets;
using Remora.Server.Answers;
using Remora.Server.Api.Portfolios;
using Remora.Store.Tables;

namespace Remora.Server.Portfolios;

/// <summary>The row of a book at a full hour.</summary>
internal static class RecordedBook
{
    /// <summary>Returns the row.</summary>
    /// <param name="bot">The address of the bot, or the name of a fixed book.</param>
    /// <param name="hour">The full hour.</param>
    /// <param name="currency">The currency of the wallet.</param>
    /// <param name="risk">The answer.</param>
    /// <param name="liquidationChance">The highest chance of a liquidation; NaN without
    /// one.</param>
    public static BookRow Row(
        string bot,
        Instant hour,
        string currency,
        PortfolioAnswer risk,
        double liquidationChance = double.NaN
    )
    {
        var (values, shortfalls) = (risk.ValueAtRisk, risk.ExpectedShortfall);
        return new(
            bot,
            hour,
            currency,
            risk.Wallet,
            risk.Positions.Count,
            risk.Unknown.Count,
            risk.Volatility,
            values[PortfolioText.At95],
            values[PortfolioText.At99],
            shortfalls[PortfolioText.At95],
            shortfalls[PortfolioText.At99],
            liquidationChance,
            risk.OverLimit,
            Encoding.UTF8.GetString(RenderedAnswer.Of(risk).Body)
        );
    }
}
