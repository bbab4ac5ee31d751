using System.Globalization;
using System.Text.Json;

namespace Remora.Client;

public sealed partial class RemoraClient
{
    /// <summary>Returns what all positions of a book can lose together.</summary>
    /// <param name="wallet">The balance, open positions included, above 0.</param>
    /// <param name="positions">The open positions, at least one.</param>
    /// <param name="horizon"><c>4h</c> or <c>24h</c>; null is 24h.</param>
    /// <param name="limit">The highest value at risk at 95 %, a ratio of the wallet in (0,
    /// 1).</param>
    /// <param name="candidate">A position that might be added.</param>
    /// <param name="cancellation">Cancels the request.</param>
    /// <exception cref="ArgumentException">A parameter is invalid.</exception>
    /// <exception cref="RemoraException">The service does not answer, or refuses: the message names
    /// the field; status 404 if no pair has a forecast.</exception>
    /// <exception cref="OperationCanceledException">The caller canceled the request.</exception>
    public async Task<PortfolioRisk> PortfolioAsync(
        double wallet,
        IEnumerable<PortfolioPosition> positions,
        string? horizon = null,
        double? limit = null,
        PortfolioPosition? candidate = null,
        CancellationToken cancellation = default
    )
    {
        var question = new PortfolioQuestion(wallet, horizon, [.. positions], limit, candidate);
        foreach (var position in candidate is null ? question.Positions : [.. question.Positions, candidate])
        {
            new Question(position.Pair, position.Side, null, null, null).Check();
            foreach (var number in new[] { position.Notional, position.Amount, position.Price, position.Leverage })
                if (number is { } value && !double.IsFinite(value))
                    throw new ArgumentException($"{position.Pair}: {value} is not a finite number");
        }
        if (!(wallet > 0 && double.IsFinite(wallet)) || question.Positions.Count == 0)
            throw new ArgumentException("expected a wallet above 0 and at least one position");
        var body = JsonSerializer.SerializeToUtf8Bytes(question, ClientJson.Default.PortfolioQuestion);
        return await _services.FetchAsync(
            (endpoint, timeout) => endpoint.PostAsync("api/v1/portfolio/risk", body, timeout, cancellation),
            answer => RiskJson.ReadPortfolio(answer)
        );
    }

    /// <summary>Returns how pairs move together.</summary>
    /// <param name="pairs">The pairs, at most 100; none for all.</param>
    /// <param name="cancellation">Cancels the request.</param>
    /// <exception cref="RemoraException">The service does not answer, or refuses.</exception>
    /// <exception cref="OperationCanceledException">The caller canceled the request.</exception>
    public Task<CorrelationMatrix> CorrelationsAsync(
        IEnumerable<string>? pairs = null,
        CancellationToken cancellation = default
    )
    {
        var named = string.Join(',', pairs ?? []);
        var path = Question.PathOf("api/v1/correlations", ("pairs", named.Length > 0 ? named : null));
        return FetchAsync(path, body => RiskJson.ReadCorrelations(body), cancellation);
    }

    /// <summary>Returns how the published forecasts of a pair met what came.</summary>
    /// <param name="pair">A pair such as <c>BTC/USDT</c>.</param>
    /// <param name="horizon"><c>1h</c>, <c>4h</c> or <c>24h</c>; null for all.</param>
    /// <param name="from">The first hour; null for the begin of the record.</param>
    /// <param name="to">The end, exclusive; null for now.</param>
    /// <param name="exchange">The exchange, if the pair is tracked on several.</param>
    /// <param name="timeframe">The timeframe, if the pair is tracked at several.</param>
    /// <param name="cancellation">Cancels the request.</param>
    /// <exception cref="ArgumentException">A parameter is invalid.</exception>
    /// <exception cref="RemoraException">The service does not answer, or it has no
    /// store.</exception>
    /// <exception cref="OperationCanceledException">The caller canceled the request.</exception>
    public async Task<Scorecard> ScorecardAsync(
        string pair,
        string? horizon = null,
        DateTimeOffset? from = null,
        DateTimeOffset? to = null,
        string? exchange = null,
        string? timeframe = null,
        CancellationToken cancellation = default
    )
    {
        new Question(pair, null, null, exchange, timeframe).Check();
        var path = Question.PathOf(
            "api/v1/scorecard",
            ("pair", pair),
            ("horizon", horizon),
            ("from", Written(from)),
            ("to", Written(to)),
            ("exchange", exchange),
            ("timeframe", timeframe)
        );
        return await FetchStoredAsync(path, answer => RiskJson.ReadScorecard(answer, pair), cancellation);
    }

    /// <summary>
    /// Reports entries that a bot wanted, refused or allowed. They are stored when this completes;
    /// one whose id is known changes nothing.
    /// </summary>
    /// <param name="decisions">The entries, 1 to 100.</param>
    /// <param name="cancellation">Cancels the request.</param>
    /// <exception cref="RemoraException">The service does not answer, or refuses: the message names
    /// the field.</exception>
    /// <exception cref="OperationCanceledException">The caller canceled the request.</exception>
    public async Task<DecisionReceipt> ReportDecisionsAsync(
        IEnumerable<Decision> decisions,
        CancellationToken cancellation = default
    )
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(
            new DecisionReports([.. decisions]),
            ClientJson.Default.DecisionReports
        );
        return await _services.FetchAsync(
            (endpoint, timeout) => endpoint.PostAsync("api/v1/decisions", body, timeout, cancellation),
            answer => RiskJson.ReadReceipt(answer),
            isEvidence: false
        );
    }

    /// <summary>
    /// Returns entries that bots wanted and what became of them, or would have become of them.
    /// </summary>
    /// <param name="from">The first moment; null for seven days before the end.</param>
    /// <param name="to">The end, exclusive; null for now.</param>
    /// <param name="limit">The number of entries to list, 1 to 1000; null for 100.</param>
    /// <param name="cancellation">Cancels the request.</param>
    /// <exception cref="RemoraException">The service does not answer, or it has no
    /// store.</exception>
    /// <exception cref="OperationCanceledException">The caller canceled the request.</exception>
    public async Task<DecisionLedger> DecisionsAsync(
        DateTimeOffset? from = null,
        DateTimeOffset? to = null,
        int? limit = null,
        CancellationToken cancellation = default
    )
    {
        var path = Question.PathOf(
            "api/v1/decisions",
            ("from", Written(from)),
            ("to", Written(to)),
            ("limit", limit?.ToString(CultureInfo.InvariantCulture))
        );
        return await FetchStoredAsync(path, answer => RiskJson.ReadDecisions(answer), cancellation);
    }

    /// <summary>
    /// Returns how what was said about fixed books and the books of followed bots met what came.
    /// </summary>
    /// <param name="from">The first hour; null for the begin of each record.</param>
    /// <param name="to">The end, exclusive; null for now.</param>
    /// <param name="cancellation">Cancels the request.</param>
    /// <exception cref="RemoraException">The service does not answer, or it has no
    /// store.</exception>
    /// <exception cref="OperationCanceledException">The caller canceled the request.</exception>
    public async Task<BookScorecards> BookScorecardsAsync(
        DateTimeOffset? from = null,
        DateTimeOffset? to = null,
        CancellationToken cancellation = default
    )
    {
        var path = Question.PathOf("api/v1/scorecard/books", ("from", Written(from)), ("to", Written(to)));
        return await FetchStoredAsync(path, answer => RiskJson.ReadBookScorecards(answer), cancellation);
    }

    private static string? Written(DateTimeOffset? time) =>
        time?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
