using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Remora.Server.Answers;
using Remora.Store;

namespace Remora.Server.Api;

/// <summary>
/// A query parameter: its validation by the endpoint and its description in the document.
/// </summary>
/// <param name="Name">The name of the parameter.</param>
/// <param name="Description">The purpose of the parameter.</param>
/// <param name="Example">A valid example.</param>
/// <param name="IsRequired">Whether the parameter is required.</param>
/// <param name="Configured">Useful values with the settings of this service.</param>
/// <param name="Allowed">All values that are allowed in any service, if they can be listed.</param>
/// <param name="Range">The minimum and the maximum, if the value is a whole number.</param>
internal sealed record QueryParameter(
    string Name,
    string Description,
    string Example,
    bool IsRequired = false,
    Func<AssessmentBoard, IReadOnlyList<string>>? Configured = null,
    IReadOnlyList<string>? Allowed = null,
    (int Least, int Most)? Range = null
)
{
    public static QueryParameter Pair { get; } =
        new("pair", "A tracked pair, in upper or lower case.", "BTC/USDT", IsRequired: true, PairsOf);

    public static QueryParameter OptionalPair { get; } =
        Pair with
        {
            Description = "A tracked pair, in upper or lower case. Without it: the whole market.",
            IsRequired = false,
        };

    public static QueryParameter Pairs { get; } =
        new("pairs", "Tracked pairs, separated by commas.", "BTC/USDT,ETH/USDT", IsRequired: true, SomePairsOf);

    public static QueryParameter StreamedPairs { get; } =
        new(
            "pair",
            "Tracked pairs, separated by commas. Without it: every market, and the whole market.",
            "BTC/USDT,ETH/USDT",
            false,
            SomePairsOf
        );

    public static QueryParameter Exchange { get; } =
        new(
            "exchange",
            "The CCXT id of the exchange, if a pair is tracked on several. Default: the first one configured.",
            "binance",
            false,
            board => [.. board.Markets.Select(market => market.Exchange).Distinct()]
        );

    public static QueryParameter Timeframe { get; } =
        new(
            "timeframe",
            "The base timeframe, if a pair is tracked at several. Default: the first one configured.",
            "5m",
            false,
            board => [.. board.Markets.Select(market => market.Timeframe.Name).Distinct()]
        );

    public static QueryParameter Side { get; } =
        new(
            "side",
            "The side of the trade. Default: long.",
            "long",
            Allowed: [.. Enum.GetValues<Risk.Side>().Select(RemoraJson.NameOf)]
        );

    public static QueryParameter Policy { get; } =
        new(
            "policy",
            "The policy of the assessment. Default: the default policy.",
            Risk.BuiltInPolicies.Default.Name,
            false,
            board => [.. board.Policies.Select(policy => policy.Name)]
        );

    public static QueryParameter Horizon { get; } =
        new(
            "horizon",
            "The only horizon of the answer. Default: all.",
            "4h",
            Allowed: [.. Forecasts.Horizon.All.Select(horizon => horizon.Name)]
        );

    public static QueryParameter Fall { get; } =
        new("fall", "A fall below the close, as a ratio above 0 and below 1. Default: 0.01, 0.02, 0.05, 0.1.", "0.03");

    public static QueryParameter Rise { get; } =
        new("rise", "A rise above the close, as a ratio above 0 and below 1. Default: 0.01, 0.02, 0.05, 0.1.", "0.03");

    public static QueryParameter Interval { get; } =
        new(
            "interval",
            $"The length of a bucket; each: every assessment is a row. Default: {StoreIntervals.Default}.",
            StoreIntervals.Default,
            Allowed: HistoryApi.Intervals
        );

    public static QueryParameter TrafficInterval { get; } =
        Interval with
        {
            Description = $"The length of a bucket. Default: {StoreIntervals.Default}.",
            Allowed = StoreApi.Intervals,
        };

    public static QueryParameter From { get; } =
        new("from", "The start, inclusive: ISO-8601, or a time before now such as -24h or -7d.", "-24h");

    public static QueryParameter To { get; } =
        new("to", "The end, exclusive, in the same forms as 'from'. Default: now.", "now");

    public static QueryParameter At { get; } =
        new("at", "The point in time, in the same forms as 'from'. Default: now.", "-1h");

    public static QueryParameter Limit { get; } =
        new(
            "limit",
            $"The maximum number of rows: up to {SpanChoice.MostRows} as JSON, up to {SpanChoice.MostStreamedRows} "
                + $"in other formats. "
                + $"Default: {SpanChoice.DefaultLimit} as JSON, {SpanChoice.MostStreamedRows} in other formats.",
            "1000",
            Range: (1, SpanChoice.MostStreamedRows)
        );

    public static QueryParameter Format { get; } =
        new(
            "format",
            "The format: json is a page with its market, the others are files of rows. Default: json.",
            "json",
            Allowed: SpanChoice.FormatNames
        );

    /// <summary>The error for an interval that is not supported.</summary>
    public static ProblemResult UnknownInterval(string interval, IReadOnlyList<string> allowed) =>
        ApiProblem.BadParameter(
            Interval.Name,
            $"Unknown interval '{Shown.Of(interval)}': expected {Shown.Choice(allowed)}.",
            allowed
        );

    private static IReadOnlyList<string> SomePairsOf(AssessmentBoard board) =>
        [string.Join(',', PairsOf(board).Take(2))];

    private static IReadOnlyList<string> PairsOf(AssessmentBoard board) =>
        [.. board.Markets.Select(market => market.Pair.ToString()).Distinct()];
}

/// <summary>The parameters of an endpoint. All other parameters are errors.</summary>
internal sealed record TakenParameters(IReadOnlyList<QueryParameter> All);

/// <summary>Declares the parameters of endpoints.</summary>
internal static class TakenParametersExtensions
{
    /// <summary>
    /// Declares that the endpoint takes these parameters, each at most once and not empty, and no
    /// others.
    /// </summary>
    public static RouteHandlerBuilder Takes(
        this RouteHandlerBuilder endpoint,
        params IReadOnlyList<QueryParameter> parameters
    )
    {
        var taken = new TakenParameters(parameters);
        return endpoint
            .WithMetadata(taken)
            .Refuses(StatusCodes.Status400BadRequest)
            .AddEndpointFilter(
                (context, next) =>
                    Check(context.HttpContext.Request.Query, taken) is { } problem ? new(problem) : next(context)
            );
    }

    private static ProblemResult? Check(IQueryCollection query, TakenParameters taken)
    {
        foreach (var (name, values) in query)
        {
            if (!taken.All.Any(parameter => parameter.Name.Equals(name, StringComparison.OrdinalIgnoreCase)))
            {
                var names = taken.All.Select(parameter => parameter.Name).ToList();
                return ApiProblem.BadParameter(
                    name,
                    names.Count == 0
                        ? $"Unknown parameter '{name}': this endpoint takes none."
                        : $"Unknown parameter '{name}': did you mean '{Nearest.To(name, names, 1)[0]}'?",
                    names
                );
            }
            if (values.Count != 1)
                return ApiProblem.BadParameter(
                    name,
                    $"The parameter '{name}' occurs {values.Count} times: expected once."
                );
            if (string.IsNullOrEmpty(values[0]))
                return ApiProblem.BadParameter(name, $"The parameter '{name}' is empty: omit it, or give it a value.");
        }
        foreach (var parameter in taken.All)
            if (parameter.IsRequired && !query.ContainsKey(parameter.Name))
                return ApiProblem.BadParameter(parameter.Name, Missing(parameter));
        return null;
    }

    private static string Missing(QueryParameter parameter)
    {
        var what = char.ToLowerInvariant(parameter.Description[0]) + parameter.Description[1..].TrimEnd('.');
        return $"The parameter '{parameter.Name}' is missing: expected {what}, such as {parameter.Example}.";
    }
}
