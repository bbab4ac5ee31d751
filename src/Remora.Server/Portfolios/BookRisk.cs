using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http;
using Remora.Markets;
using Remora.Portfolios;
using Remora.Risk;
using Remora.Server.Answers;
using Remora.Server.Api;
using Remora.Server.Api.Portfolios;

namespace Remora.Server.Portfolios;

/// <summary>
/// Answers what a book can lose, from the newest forecasts and correlations of the tracked markets.
/// Thread-safe.
/// </summary>
internal sealed class BookRisk(AssessmentBoard board, CorrelationKeeper correlations)
{
    private const int NearestShown = 5;

    /// <summary>Answers a request that was checked.</summary>
    public bool TryAnswer(
        PortfolioRequest request,
        [NotNullWhen(true)] out PortfolioAnswer? answer,
        [NotNullWhen(false)] out ProblemResult? problem
    )
    {
        (answer, problem) = (null, null);
        var wallet = request.Wallet!.Value;
        var known = new List<Sized>();
        var unknown = new List<UnknownAnswer>();
        for (var i = 0; i < request.Positions!.Count; i++)
        {
            var sized = Size(request.Positions[i], wallet, unknown);
            if ((problem = PortfolioReader.SizeProblem(sized?.Notional, $"positions[{i}]", wallet)) is not null)
                return false;
            if (sized is not null)
                known.Add(sized);
        }
        var candidate = request.Candidate is { } asked ? Size(asked, wallet, unknown) : null;
        if ((problem = PortfolioReader.SizeProblem(candidate?.Notional, "candidate", wallet)) is not null)
            return false;
        var question = new PortfolioQuestion(request.Horizon!)
        {
            Limit = request.Limit,
            Candidate = candidate is null
                ? null
                : new(candidate.Market.Id.Pair, candidate.Side) { Size = candidate.Notional / wallet },
        };
        if (
            known.Count == 0
            || new PortfolioModel(correlations.Current, Markets()).Assess(
                [.. known.Select(one => one.ToPosition(wallet))],
                question
            )
                is not { } risk
        )
        {
            problem = NoneKnown(unknown);
            return false;
        }
        answer = PortfolioText.Answer(risk, request, known, candidate, unknown);
        return true;
    }

    private IEnumerable<PortfolioMarket> Markets() =>
        board
            .All.Select(market => (market.Id, Latest: market.Latest(0)))
            .Select(one => new PortfolioMarket(one.Id, one.Latest.Forecast, one.Latest.GetReadings().Close));

    /// <summary>
    /// Returns a position with its market and its size; null if it cannot be counted.
    /// </summary>
    private Sized? Size(PositionRequest position, double wallet, List<UnknownAnswer> unknown)
    {
        var (pair, side) = (position.Pair!, position.Side!.Value);
        var market = MarketOf(pair);
        market?.Ask();
        var latest = market?.Latest(0).At(board.Now, side);
        var close = latest?.GetReadings().Close;
        var price = position.Price ?? (close is > 0 ? close : null);
        var notional = position.Notional ?? (position.Amount * price * (position.Leverage ?? 1));
        if (market is not null && latest!.Forecast is not null)
            return new(position, pair, market, side, notional, close!.Value, price!.Value, latest);
        var exposure = notional is { } size && double.IsFinite(size) ? Signed(size / wallet, side) : double.NaN;
        unknown.Add(new(pair, exposure, market is null ? UnknownReason.NotTracked : UnknownReason.NoForecast));
        return null;
    }

    /// <summary>
    /// Returns the market of a pair; the spot market of a perpetual that is not tracked; or null.
    /// </summary>
    private MarketAnswers? MarketOf(Pair pair)
    {
        var markets = board.MarketsOf(pair.ToString());
        if (markets.Length == 0 && pair.Settle is not null)
            markets = board.MarketsOf($"{pair.Base}/{pair.Quote}");
        return Array.Find(markets, market => market.Latest(0).Forecast is not null) ?? markets.FirstOrDefault();
    }

    private ProblemResult NoneKnown(List<UnknownAnswer> unknown)
    {
        var names = unknown.Select(one => one.Pair.ToString()).Distinct().ToList();
        var nearest = Nearest.To(names[0], board.Markets.Select(market => market.Pair.ToString()), NearestShown);
        var isWarming = unknown.Exists(one => one.Reason == UnknownReason.NoForecast);
        return ApiProblem.Of(
            StatusCodes.Status404NotFound,
            $"None of the positions has a forecast: {Shown.Of(string.Join(", ", names))} "
                + (isWarming ? "are not tracked or have no forecast yet." : "are not tracked."),
            "positions",
            nearest: nearest
        );
    }

    internal static double Signed(double size, Side side) => side == Side.Long ? size : -size;
}

/// <summary>A position of a request with its market and its size.</summary>
/// <param name="Request">The position of the request.</param>
/// <param name="Pair">Its pair.</param>
/// <param name="Market">The market.</param>
/// <param name="Side">The side.</param>
/// <param name="Notional">The value; null for a candidate without one.</param>
/// <param name="Close">The last close of the market.</param>
/// <param name="Price">The price of the request, or the close.</param>
/// <param name="Latest">The newest assessment of the market.</param>
internal sealed record Sized(
    PositionRequest Request,
    Pair Pair,
    MarketAnswers Market,
    Side Side,
    double? Notional,
    double Close,
    double Price,
    Assessment Latest
)
{
    private const double Least = 1e-300,
        Most = 1e300;

    /// <summary>
    /// Returns the position. Stop and liquidation keep their distance from the price of the
    /// request, which may be that of another exchange.
    /// </summary>
    public Position ToPosition(double wallet) =>
        new(Market.Id.Pair, BookRisk.Signed(Notional!.Value / wallet, Side))
        {
            Stop = AtClose(Request.StopPrice),
            Liquidation = AtClose(Request.LiquidationPrice),
        };

    private double? AtClose(double? price) =>
        price is { } level ? Math.Clamp(level * (Close / Price), Least, Most) : null;
}
