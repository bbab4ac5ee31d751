using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Remora.Indicators;
using Remora.Markets;
using Remora.Regimes;
using Remora.Risk;
using Remora.Server.Access;
using Remora.Server.Answers;
using Remora.Volatility;

namespace Remora.Server.Api;

/// <summary>A market's regime and the readings it is derived from.</summary>
public sealed record RegimeAnswer : MarketStamp
{
    internal RegimeAnswer(Assessment assessment)
        : base(assessment)
    {
        var r = assessment.GetReadings();
        Regime = assessment.Regime;
        RegimeSince = assessment.RegimeSince;
        TrendClassification = assessment.TrendClassification;
        MomentumClassification = assessment.MomentumClassification;
        Inputs = new(r.Close, r.Volatility, r.DayReturn, r.MoveInSigmas, r.Rsi, r.Trend, r.DailyTrend);
    }

    /// <summary>The regime; null while unknown.</summary>
    public Regime? Regime { get; }

    /// <summary>Since when.</summary>
    public Instant? RegimeSince { get; }

    /// <summary>Direction of the trend.</summary>
    public TrendClass? TrendClassification { get; }

    /// <summary>Momentum.</summary>
    public MomentumClass? MomentumClassification { get; }

    /// <summary>What they are read from.</summary>
    public RegimeInputs Inputs { get; }
}

/// <summary>What a regime is read from; null where not yet defined.</summary>
/// <param name="Close">The last close.</param>
/// <param name="Volatility">Volatility score, [0, 1].</param>
/// <param name="DayReturn">Return over 24 hours, a ratio.</param>
/// <param name="MoveInSigmas">Return over 12 candles, in standard deviations of such a
/// move.</param>
/// <param name="Rsi">RSI(14), [0, 100].</param>
/// <param name="Trend">Readings of hourly candles, or of the base where that is longer.</param>
/// <param name="DailyTrend">Readings of daily candles.</param>
public sealed record RegimeInputs(
    double Close,
    double Volatility,
    double DayReturn,
    double MoveInSigmas,
    double Rsi,
    TrendReading Trend,
    TrendReading DailyTrend
);

/// <summary>A market's volatility score and the readings it is derived from.</summary>
public sealed record VolatilityAnswer : MarketStamp
{
    internal VolatilityAnswer(Assessment assessment)
        : base(assessment)
    {
        var r = assessment.GetReadings();
        Volatility = assessment.Volatility;
        VolatilityClassification = assessment.VolatilityClassification;
        Inputs = new(r.AtrRatio, r.BollingerWidth, r.ReturnDeviation, r.DayReturn, r.DayDrawdown, r.Close);
    }

    /// <summary>Volatility score, [0, 1]; null while unknown.</summary>
    public double Volatility { get; }

    /// <summary>The score in words.</summary>
    public VolatilityClass? VolatilityClassification { get; }

    /// <summary>What is ranked against the market's own last 30 days.</summary>
    public VolatilityInputs Inputs { get; }
}

/// <summary>What volatility is read from; null where not yet defined.</summary>
/// <param name="AtrRatio">ATR(14) / close.</param>
/// <param name="BollingerWidth">Bollinger(20, 2) width / middle.</param>
/// <param name="ReturnDeviation">Sample standard deviation of 20 log returns.</param>
/// <param name="DayReturn">Return over 24 hours, a ratio.</param>
/// <param name="DayDrawdown">Fall from the highest close of 24 hours, a ratio of 0 or less.</param>
/// <param name="Close">The last close.</param>
public sealed record VolatilityInputs(
    double AtrRatio,
    double BollingerWidth,
    double ReturnDeviation,
    double DayReturn,
    double DayDrawdown,
    double Close
);

/// <summary>Which market an answer is about, and how good its data is.</summary>
public abstract record MarketStamp
{
    private protected MarketStamp(Assessment assessment)
    {
        Pair = assessment.Pair;
        Exchange = assessment.Exchange;
        Timeframe = assessment.Timeframe;
        AsOf = assessment.AsOf;
        AgeSeconds = assessment.AgeSeconds;
        Stale = assessment.Stale;
        State = assessment.State;
        RiskConfidence = assessment.RiskConfidence;
        WarmUp = assessment.WarmUp;
        Gaps = assessment.GetReadings().Gaps;
        Policy = assessment.Policy;
        PolicyId = assessment.PolicyId;
    }

    /// <summary>The pair.</summary>
    public Pair Pair { get; }

    /// <summary>CCXT's id of the exchange.</summary>
    public string Exchange { get; }

    /// <summary>The base timeframe.</summary>
    public Timeframe Timeframe { get; }

    /// <summary>Close of the last candle used; null before the first.</summary>
    public Instant? AsOf { get; }

    /// <summary>Seconds since then.</summary>
    public double AgeSeconds { get; }

    /// <summary>Whether that is too long, or there is none.</summary>
    public bool Stale { get; }

    /// <summary>Whether the assessment can be relied on.</summary>
    public AssessmentState State { get; }

    /// <summary>The confidence of this market's assessment, [0, 1].</summary>
    public double RiskConfidence { get; }

    /// <summary>How far the model is warmed up, [0, 1].</summary>
    public double WarmUp { get; }

    /// <summary>The number of gaps between candles.</summary>
    public int Gaps { get; }

    /// <summary>Name of the policy.</summary>
    public string Policy { get; }

    /// <summary>Id of its content.</summary>
    public string PolicyId { get; }
}

/// <summary>Returns parts of an assessment, each with its inputs.</summary>
internal static class MarketPartsApi
{
    public static void Map(RouteGroupBuilder api)
    {
        var parts = api.MapGroup("").WithTags("Details").Needs(KeyScopes.Decisions);
        parts
            .MapGet(
                "/regime",
                (HttpRequest request, AssessmentBoard board) => Answer(request, board, a => new RegimeAnswer(a))
            )
            .WithName("regime")
            .WithSummary("Get the regime")
            .WithDescription("The regime of a market, with the readings it is derived from.")
            .Takes(QueryParameter.Pair, QueryParameter.Exchange, QueryParameter.Timeframe, QueryParameter.Policy)
            .Refuses(StatusCodes.Status404NotFound);
        parts
            .MapGet(
                "/volatility",
                (HttpRequest request, AssessmentBoard board) => Answer(request, board, a => new VolatilityAnswer(a))
            )
            .WithName("volatility")
            .WithSummary("Get the volatility")
            .WithDescription("The volatility score of a market, with the readings it is derived from.")
            .Takes(QueryParameter.Pair, QueryParameter.Exchange, QueryParameter.Timeframe, QueryParameter.Policy)
            .Refuses(StatusCodes.Status404NotFound);
    }

    private static Results<AnswerResult<T>, ProblemResult> Answer<T>(
        HttpRequest request,
        AssessmentBoard board,
        Func<Assessment, T> part
    )
    {
        if (!Viewpoint.TryRead(request, board, out var view, out var problem))
            return problem;
        if (!MarketChoice.TryRead(request.Query, board, out var market, out problem))
            return problem;
        return new AnswerResult<T>(RenderedAnswer.Of(part(market.Latest(view.Policy).At(board.Now, view.Side))));
    }
}
