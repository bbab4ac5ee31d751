using System.Text.Json;
using Remora.Forecasts;
using Remora.Markets;
using Remora.Portfolios;
using Remora.Risk;

namespace Remora.Native;

/// <summary>A question about a book: the JSON of <c>remora_book</c> in remora.h.</summary>
internal sealed record BookQuestion
{
    /// <summary>The most engines of one call.</summary>
    public const int MostEngines = 1000;

    public string? Horizon { get; init; }

    public IReadOnlyList<BookPosition?>? Positions { get; init; }

    public double? Limit { get; init; }

    public BookCandidate? Candidate { get; init; }

    /// <summary>Parses a question.</summary>
    /// <exception cref="RefusedException">The text is not JSON of this form.</exception>
    public static BookQuestion Parse(ReadOnlySpan<byte> json) =>
        EngineOptions.Parse(json, NativeJson.Shared.BookQuestion);

    /// <summary>Answers from the engines of these handles.</summary>
    /// <exception cref="RefusedException">A number is not allowed, or an engine cannot
    /// answer.</exception>
    public byte[] Answer(ReadOnlySpan<ulong> engines, Instant? at)
    {
        if (!Forecasts.Horizon.TryParse(Horizon ?? Forecasts.Horizon.OneDay.Name, out var horizon))
            throw EngineOptions.Refuse($"horizon is {EngineOptions.Quote(Horizon)}: expected 4h or 24h");
        var positions = (Positions ?? []).Select((position, i) => PositionOf(position, i)).ToArray();
        var candidate = CandidateOf();
        var used = positions.Select(position => position.Pair).ToHashSet();
        if (candidate is not null)
            used.Add(candidate.Pair);
        var tracker = new CorrelationTracker();
        var markets = new List<PortfolioMarket>();
        foreach (var handle in engines)
        {
            var engine = Handles.Find(handle);
            if (!used.Contains(engine.Pair) || engine.Run(session => session.ToBookMarket(at)) is not { } found)
                continue;
            markets.Add(found.Market);
            tracker.Track(found.Market.Market, found.Hours);
        }
        try
        {
            var risk = new PortfolioModel(tracker.Snapshot(), markets).Assess(
                positions,
                new(horizon) { Limit = Limit, Candidate = candidate }
            );
            var known = markets.Where(market => market.Forecast is not null).Select(m => m.Market.Pair).ToHashSet();
            return JsonSerializer.SerializeToUtf8Bytes(
                BookAnswer.Of(risk, [.. used.Where(pair => !known.Contains(pair)).Select(pair => pair.ToString())]),
                NativeJson.Shared.BookAnswer
            );
        }
        catch (ArgumentException e)
        {
            throw EngineOptions.Refuse(e.Message);
        }
    }

    private Candidate? CandidateOf() =>
        Candidate is null
            ? null
            : new(
                PairOf(Candidate.Pair, "candidate"),
                Candidate.Side ?? throw EngineOptions.Refuse("candidate: expected side, long or short")
            )
            {
                Size = Candidate.Size,
            };

    private static Position PositionOf(BookPosition? position, int i) =>
        new(
            PairOf(position?.Pair, $"positions[{i}]"),
            position?.Weight ?? throw EngineOptions.Refuse($"positions[{i}]: expected weight")
        );

    private static Pair PairOf(string? text, string name) =>
        Pair.TryParse(text, out var pair)
            ? pair
            : throw EngineOptions.Refuse(
                $"{name}: pair is {EngineOptions.Quote(text)}: expected BASE/QUOTE such as BTC/USDT"
            );
}

/// <summary>A position of a question.</summary>
internal sealed record BookPosition
{
    public string? Pair { get; init; }

    public double? Weight { get; init; }
}

/// <summary>A candidate of a question.</summary>
internal sealed record BookCandidate
{
    public string? Pair { get; init; }

    public Side? Side { get; init; }

    public double? Size { get; init; }
}

/// <summary>The answer of <c>remora_book</c>. Ratios of the wallet; NaN is not known.</summary>
internal sealed record BookAnswer(
    Instant? AsOf,
    BookKind? Kind,
    double Volatility,
    IReadOnlyDictionary<string, double> ValueAtRisk,
    IReadOnlyDictionary<string, double> ExpectedShortfall,
    IReadOnlyList<string> Unknown,
    int Assumed,
    BookCandidateAnswer? Candidate
)
{
    /// <summary>Returns the answer; without figures if nothing is known.</summary>
    public static BookAnswer Of(PortfolioRisk? risk, IReadOnlyList<string> unknown)
    {
        var (at95, at99) = (risk?.Book.At95 ?? Nothing, risk?.Book.At99 ?? Nothing);
        return new(
            risk?.AsOf,
            risk?.Book.Kind,
            risk?.Book.Volatility ?? double.NaN,
            ByLevel(at95.ValueAtRisk, at99.ValueAtRisk),
            ByLevel(at95.ExpectedShortfall, at99.ExpectedShortfall),
            unknown,
            risk?.Assumed.Count ?? 0,
            risk?.Candidate is { } candidate
                ? new(candidate.LargestSize, candidate.IsHedge, candidate.After?.At95.ValueAtRisk ?? double.NaN)
                : null
        );
    }

    private static BookLosses Nothing { get; } = new(double.NaN, double.NaN);

    private static Dictionary<string, double> ByLevel(double at95, double at99) =>
        new() { ["0.95"] = at95, ["0.99"] = at99 };
}

/// <summary>What a candidate does to the book.</summary>
internal sealed record BookCandidateAnswer(double LargestSize, bool IsHedge, double ValueAtRiskAfter);
