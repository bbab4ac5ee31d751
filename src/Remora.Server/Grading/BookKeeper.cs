using Remora.Forecasts;
using Remora.Markets;
using Remora.Risk;
using Remora.Server.Answers;
using Remora.Server.Api.Portfolios;
using Remora.Server.Portfolios;
using Remora.Store;
using Remora.Store.Tables;

namespace Remora.Server.Grading;

/// <summary>
/// Stores what is said about three fixed books at each full hour, so that they can be graded. All
/// times are those of the service's clock.
/// </summary>
/// <param name="session">The session of the store. The caller disposes of it.</param>
/// <param name="markets">The markets of the settings: books of others are not kept.</param>
/// <param name="board">The newest forecasts.</param>
/// <param name="risk">Answers about books.</param>
/// <param name="clock">The service's clock.</param>
internal sealed class BookKeeper(
    StoreSession session,
    IReadOnlyList<MarketId> markets,
    AssessmentBoard board,
    BookRisk risk,
    TimeProvider clock
)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private readonly Dictionary<string, Instant> _stored = [];

    /// <summary>The fixed books: equal longs, BTC long against ETH short, and equal shorts, each
    /// with the size of the wallet.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<(Pair Pair, double Weight)>> Fixed { get; } =
        new Dictionary<string, IReadOnlyList<(Pair, double)>>
        {
            ["net_long"] = Each(1.0 / 3, "BTC", "ETH", "SOL"),
            ["hedged"] = [.. Each(0.5, "BTC"), .. Each(-0.5, "ETH")],
            ["net_short"] = Each(-1.0 / 3, "BTC", "ETH", "SOL"),
        };

    /// <summary>Runs until it is canceled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        while (!await session.IsReadyWithinAsync(Patience, cancellation)) { }
        using var timer = new PeriodicTimer(Interval, clock);
        do
        {
            foreach (var row in Due(markets, board, risk))
                if (_stored.GetValueOrDefault(row.Bot) != row.At && await StoreAsync(row, cancellation))
                    _stored[row.Bot] = row.At;
        } while (await timer.WaitForNextTickAsync(cancellation));
    }

    /// <summary>
    /// Returns the fixed books at this full hour whose forecasts are there; none when it is too
    /// late.
    /// </summary>
    /// <param name="markets">The markets of the settings: books of others are not kept.</param>
    /// <param name="board">The newest forecasts.</param>
    /// <param name="risk">Answers about books.</param>
    public static IEnumerable<BookRow> Due(IReadOnlyList<MarketId> markets, AssessmentBoard board, BookRisk risk)
    {
        var now = board.Now;
        var hour = now.Floor(Hour);
        if (now > hour + ForecastRecord.Grace)
            yield break;
        foreach (var (name, positions) in Fixed)
        {
            if (!positions.All(position => IsKnown(position.Pair)))
                continue;
            var request = new PortfolioRequest
            {
                Wallet = 1,
                Horizon = Horizon.OneDay,
                Positions =
                [
                    .. positions.Select(position => new PositionRequest
                    {
                        Pair = position.Pair,
                        Side = position.Weight > 0 ? Side.Long : Side.Short,
                        Notional = Math.Abs(position.Weight),
                    }),
                ],
            };
            if (risk.TryAnswer(request, out var answer, out _) && answer.Unknown.Count == 0)
                yield return RecordedBook.Row(name, hour, positions[0].Pair.Quote, answer);
        }

        bool IsKnown(Pair pair) =>
            markets.Any(market => market.Pair.Equals(pair))
            && board.MarketsOf(pair.ToString()).Any(market => market.Latest(0).Forecast?.AsOf >= hour);
    }

    private async Task<bool> StoreAsync(BookRow row, CancellationToken cancellation)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(Patience);
        try
        {
            if (!session.Recorder.Recording.Here || !await session.IsReadyWithinAsync(TimeSpan.Zero, deadline.Token))
                return false;
            await session.Store.Books.AddAsync(row, deadline.Token);
            return true;
        }
        catch (Exception e) when (StoreFault.Is(e, cancellation))
        {
            session.Report(e);
            return false;
        }
    }

    private static (Pair, double)[] Each(double weight, params string[] coins) =>
        [.. coins.Select(coin => (Pair.Parse(coin + "/USDT"), weight))];
}
