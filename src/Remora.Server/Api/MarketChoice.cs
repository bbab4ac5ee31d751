using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http;
using Remora.Markets;
using Remora.Risk;
using Remora.Server.Access;
using Remora.Server.Answers;

namespace Remora.Server.Api;

/// <summary>
/// The policy and the side of an assessment. Parameters that the query omits come from the caller's
/// key.
/// </summary>
internal readonly record struct Viewpoint(int Policy, Side Side)
{
    public static bool TryRead(
        HttpRequest request,
        AssessmentBoard board,
        out Viewpoint viewpoint,
        [NotNullWhen(false)] out ProblemResult? problem
    )
    {
        viewpoint = default;
        var preferred = Caller.Of(request.HttpContext)?.Key;
        var policies = board.Policies.Select(policy => policy.Name).ToList();
        var sides = Enum.GetNames<Side>().Select(name => name.ToLowerInvariant()).ToList();
        if (
            !TryFind(request.Query, "policy", preferred?.Policy, policies, out var policy, out problem)
            || !TryFind(
                request.Query,
                "side",
                preferred?.Side is { } by ? sides[(int)by] : null,
                sides,
                out var side,
                out problem
            )
        )
            return false;
        viewpoint = new(policy, (Side)side);
        return true;
    }

    private static bool TryFind(
        IQueryCollection query,
        string parameter,
        string? preferred,
        List<string> allowed,
        out int index,
        [NotNullWhen(false)] out ProblemResult? problem
    )
    {
        problem = null;
        index = 0;
        var value = query.TryGetValue(parameter, out var given) ? given.ToString() : preferred;
        if (value is null)
            return true;
        index = allowed.IndexOf(value);
        if (index >= 0)
            return true;
        problem = ApiProblem.BadParameter(
            parameter,
            $"Unknown {parameter} '{Shown.Of(value)}': expected {Shown.Choice(allowed)}.",
            allowed
        );
        return false;
    }
}

/// <summary>Selects the tracked market of a request.</summary>
internal static class MarketChoice
{
    private const int NearestShown = 5;

    /// <summary>Reads the market from <c>pair</c>, <c>exchange</c> and <c>timeframe</c>.</summary>
    public static bool TryRead(
        IQueryCollection query,
        AssessmentBoard board,
        [NotNullWhen(true)] out MarketAnswers? market,
        [NotNullWhen(false)] out ProblemResult? problem
    ) => TryFind(query["pair"].ToString(), "pair", query, board, out market, out problem);

    /// <summary>
    /// Finds the market of a pair, using the request's <c>exchange</c> and <c>timeframe</c>.
    /// </summary>
    public static bool TryFind(
        string text,
        string parameter,
        IQueryCollection query,
        AssessmentBoard board,
        [NotNullWhen(true)] out MarketAnswers? market,
        [NotNullWhen(false)] out ProblemResult? problem
    )
    {
        market = null;
        if (!Pair.TryParse(text, out var pair))
        {
            problem = NotAPair(text, parameter, board);
            return false;
        }
        IReadOnlyList<MarketAnswers> candidates = board.MarketsOf(pair.ToString());
        if (candidates.Count == 0)
        {
            var nearest = Nearest.To(
                pair.ToString(),
                board.Markets.Select(tracked => tracked.Pair.ToString()),
                NearestShown
            );
            problem = ApiProblem.Of(
                StatusCodes.Status404NotFound,
                $"{pair} is not tracked. Nearest: {string.Join(", ", nearest)}.",
                parameter,
                nearest: nearest
            );
            return false;
        }
        if (
            !Narrow(ref candidates, "exchange", tracked => tracked.Id.Exchange, query, out problem)
            || !Narrow(ref candidates, "timeframe", tracked => tracked.Timeframe, query, out problem)
        )
            return false;
        market = candidates[0];
        market.Ask();
        return true;
    }

    private static bool Narrow(
        ref IReadOnlyList<MarketAnswers> candidates,
        string parameter,
        Func<MarketAnswers, string> property,
        IQueryCollection query,
        [NotNullWhen(false)] out ProblemResult? problem
    )
    {
        problem = null;
        if (!query.TryGetValue(parameter, out var values))
            return true;
        var wanted = values.ToString();
        var left = candidates.Where(market => property(market) == wanted).ToList();
        if (left.Count > 0)
        {
            candidates = left;
            return true;
        }
        var allowed = candidates.Select(property).Distinct().ToList();
        problem = ApiProblem.BadParameter(
            parameter,
            $"{candidates[0].Id.Pair} is not tracked with {parameter} '{Shown.Of(wanted)}': expected "
                + $"{Shown.Choice(allowed)}.",
            allowed
        );
        return false;
    }

    private static ProblemResult NotAPair(string text, string parameter, AssessmentBoard board)
    {
        var pairs = board.Markets.Select(market => market.Pair.ToString()).Distinct().ToList();
        var letters = Letters(text);
        var meant =
            pairs.Find(pair => Letters(pair) == letters)
            ?? pairs.Find(pair => Letters(pair).StartsWith(letters, StringComparison.Ordinal) && letters.Length >= 2);
        var hint = meant is null ? "" : $" Did you mean {meant}?";
        return ApiProblem.BadParameter(
            parameter,
            $"'{Shown.Of(text)}' is not a pair: expected BASE/QUOTE such as BTC/USDT.{hint}",
            Nearest.To(text, pairs, NearestShown)
        );
    }

    private static string Letters(string text) =>
        string.Concat(text.Where(char.IsAsciiLetterOrDigit)).ToUpperInvariant();
}
