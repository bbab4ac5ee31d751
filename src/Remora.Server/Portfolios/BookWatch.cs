using Microsoft.Extensions.Logging;
using Remora.Bots.Freqtrade;
using Remora.Forecasts;
using Remora.Markets;
using Remora.Notify;
using Remora.Server.Answers;
using Remora.Server.Api.Portfolios;
using Remora.Server.Settings;
using Remora.Store;
using static System.FormattableString;

namespace Remora.Server.Portfolios;

/// <summary>
/// Watches the book of a followed bot: reads its open trades several times per minute, answers what
/// they can lose, sends a notice when the book passes its limit or a liquidation becomes likely,
/// and stores the answer once an hour.
/// </summary>
internal sealed class BookWatch
{
    // A notice ends when the figure has fallen clearly below its bound, so that it does not flap.
    private const double Calm = 0.9;
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly BotBookReader _reader;
    private readonly BookRisk _books;
    private readonly AssessmentBoard _board;
    private readonly ServiceSettings _settings;
    private readonly StoreSession? _store;
    private readonly Action<Notice> _post;
    private readonly TimeProvider _clock;
    private readonly HashSet<string> _told = new(StringComparer.Ordinal);
    private volatile FollowedBook _book;
    private Instant? _stored;

    /// <param name="bot">The bot.</param>
    /// <param name="books">Answers.</param>
    /// <param name="board">The clock of the service.</param>
    /// <param name="settings">The limits.</param>
    /// <param name="store">The store; null without one.</param>
    /// <param name="post">Receives notices.</param>
    /// <param name="clock">Real time.</param>
    /// <param name="log">Receives outages of the bot.</param>
    public BookWatch(
        FreqtradeBot bot,
        BookRisk books,
        AssessmentBoard board,
        ServiceSettings settings,
        StoreSession? store,
        Action<Notice> post,
        TimeProvider clock,
        ILogger log
    )
    {
        (_books, _board, _settings, _store, _post, _clock) = (books, board, settings, store, post, clock);
        _reader = new(bot, ApplyAsync, clock, log);
        _book = FollowedBook.Unread(_reader.Bot);
    }

    /// <summary>The name of the background task.</summary>
    public string Name => _reader.Name;

    /// <summary>The book now.</summary>
    public FollowedBook Book => _book.With(_reader.Health);

    /// <summary>Runs until it is canceled.</summary>
    public Task RunAsync(CancellationToken cancellation) => _reader.RunAsync(cancellation);

    /// <summary>Assesses a book that was read.</summary>
    public async Task ApplyAsync(BotBook book, CancellationToken cancellation)
    {
        _book = Assess(book);
        Tell(_book);
        if (_store is not null && _book.Risk is { } risk && _board.Now.Floor(Hour) != _stored)
            await StoreAsync(_book, risk, cancellation);
    }

    private FollowedBook Assess(BotBook book)
    {
        var bare = FollowedBook.Unread(_reader.Bot) with { Currency = book.Currency };
        var request = RequestOf(book);
        if (request.Positions!.Count == 0)
            return bare;
        if (
            PortfolioReader.Check(ref request) is { } problem
            || !_books.TryAnswer(request, out var answer, out problem)
        )
            return bare with { Request = request, Error = problem.Problem.Detail };
        var chances = answer.Positions.Select(LiquidationOf).Where(double.IsFinite).ToList();
        return bare with
        {
            Request = request,
            Risk = answer,
            LiquidationChance = chances.Count == 0 ? double.NaN : chances.Max(),
        };
    }

    private PortfolioRequest RequestOf(BotBook book) =>
        new()
        {
            Wallet = book.Wallet,
            Horizon = Horizon.OneDay,
            Limit = _settings.BookLimit,
            Positions =
            [
                .. book
                    .Trades.Where(trade => trade.Notional > 0) // an entry that is not filled has no amount yet
                    .Select(trade => (Trade: trade, Pair: Pair.TryParse(trade.Pair, out var pair) ? pair : null))
                    .Where(one => one.Pair is not null)
                    .OrderByDescending(one => one.Trade.Notional)
                    .Take(PortfolioReader.MostPositions)
                    .Select(one => new PositionRequest
                    {
                        Pair = one.Pair,
                        Side = one.Trade.Side,
                        Notional = one.Trade.Notional,
                        Price = one.Trade.Price,
                        StopPrice = one.Trade.Stop,
                        LiquidationPrice = one.Trade.Liquidation,
                    }),
            ],
        };

    private static double LiquidationOf(PositionAnswer position) =>
        position.Liquidation?.Probability[Horizon.OneDay.Name] ?? double.NaN;

    private void Tell(FollowedBook book)
    {
        var risk = book.Risk?.ValueAtRisk[PortfolioText.At95] ?? (book.Request is null ? 0 : double.NaN);
        if (_settings.BookLimit is { } limit)
            Tell(
                $"book of {book.Bot}",
                risk,
                limit,
                Invariant($"The open trades of {book.Bot} pass their limit: one day in twenty they lose more than ")
                    + Invariant($"{100 * risk:0.0} % of the wallet (limit {100 * limit:0.0} %). {book.Risk?.Summary}."),
                $"The open trades of {book.Bot} are within their limit again."
            );
        var most = _settings.LiquidationChance;
        var positions = book.Risk?.Positions ?? [];
        foreach (var group in positions.GroupBy(position => position.Pair))
        {
            var chance = group.Select(LiquidationOf).Where(double.IsFinite).DefaultIfEmpty(double.NaN).Max();
            Tell(
                $"{group.Key} of {book.Bot}",
                chance,
                most,
                Invariant($"{group.Key} of {book.Bot} is liquidated within 24 hours with a chance of ")
                    + Invariant($"{100 * chance:0.0} % (limit {100 * most:0.0} %)."),
                Invariant($"The chance that {group.Key} of {book.Bot} is liquidated is {100 * chance:0.0} % again.")
            );
        }
        // A closed position is not liquidated any more.
        if (book.Risk is not null || book.Request is null)
            _told.RemoveWhere(subject =>
                subject.EndsWith($" of {book.Bot}", StringComparison.Ordinal)
                && subject.Contains('/')
                && !subject.StartsWith("book of ", StringComparison.Ordinal)
                && !positions.Any(position => subject.StartsWith($"{position.Pair} ", StringComparison.Ordinal))
            );
    }

    private void Tell(string subject, double value, double bound, string begin, string end)
    {
        if (value > bound && _told.Add(subject))
            _post(new(NoticeKind.Book, subject, begin, _clock.GetUtcNow()));
        else if (value < Calm * bound && _told.Remove(subject))
            _post(new(NoticeKind.BookWell, subject, end, _clock.GetUtcNow()));
    }

    private async Task StoreAsync(FollowedBook book, PortfolioAnswer risk, CancellationToken cancellation)
    {
        var hour = _board.Now.Floor(Hour);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(Patience);
        try
        {
            if (!_store!.Recorder.Recording.Here || !await _store.IsReadyWithinAsync(TimeSpan.Zero, deadline.Token))
                return;
            await _store.Store.Books.AddAsync(
                RecordedBook.Row(book.Bot, hour, book.Currency!, risk, book.LiquidationChance),
                deadline.Token
            );
            _stored = hour;
        }
        catch (Exception e) when (StoreFault.Is(e, cancellation))
        {
            _store!.Report(e);
        }
    }
}
