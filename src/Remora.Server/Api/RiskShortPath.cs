using Microsoft.AspNetCore.Http;
using Remora.Markets;
using Remora.Risk;
using Remora.Server.Access;
using Remora.Server.Answers;

namespace Remora.Server.Api;

/// <summary>
/// A fast path for the most frequent request of bots, before routing. It parses the query in place,
/// allocates nothing and never fails. All unusual requests go to <see cref="RiskApi"/>, which
/// returns the same answers and describes errors.
/// </summary>
internal sealed class RiskShortPath(AssessmentBoard board)
{
    /// <summary>
    /// Answers the request and returns true, or leaves it untouched and returns false.
    /// </summary>
    public bool TryAnswer(HttpContext context)
    {
        var request = context.Request;
        if (!HttpMethods.IsGet(request.Method) || request.Path.Value != RiskApi.Path)
            return false;
        // Preferences and scopes of keys are handled by the endpoint.
        if (Caller.Of(context)?.Key is { Policy: not null } or { Side: not null } or { Scopes: not null })
            return false;
        if (!TryFind(request.QueryString.Value, out var answer))
            return false;
        AnswerWriter.Write(context, answer);
        return true;
    }

    /// <summary>
    /// Finds the answer to a query string in its raw form, with the question mark.
    /// </summary>
    internal bool TryFind(ReadOnlySpan<char> query, out RenderedAnswer answer)
    {
        answer = null!;
        Span<char> pair = stackalloc char[Pair.MaxLength];
        int pairLength = 0,
            policy = -1,
            side = -1;
        ReadOnlySpan<char> exchange = default,
            timeframe = default;
        var left = query.Length > 0 ? query[1..] : query;
        while (left.Length > 0)
        {
            var end = left.IndexOf('&');
            var part = end < 0 ? left : left[..end];
            left = end < 0 ? default : left[(end + 1)..];
            var equals = part.IndexOf('=');
            if (equals < 0)
                return false;
            var value = part[(equals + 1)..];
            switch (part[..equals])
            {
                case "pair" when pairLength == 0 && TryUpper(value, pair, out pairLength):
                    break;
                case "exchange" when exchange.Length == 0:
                    exchange = value;
                    break;
                case "timeframe" when timeframe.Length == 0:
                    timeframe = value;
                    break;
                case "side" when side < 0 && value is "long" or "short":
                    side = value is "long" ? 0 : 1;
                    break;
                case "policy" when policy < 0 && TryFindPolicy(value, out policy):
                    break;
                default:
                    return false;
            }
            if (value.Length == 0)
                return false;
        }
        var (p, s) = (Math.Max(policy, 0), (Side)Math.Max(side, 0));
        if (pairLength == 0)
        {
            if (exchange.Length + timeframe.Length > 0)
                return false;
            answer = board.WholeAnswer(p, s);
            return true;
        }
        foreach (var market in board.MarketsOf(pair[..pairLength]))
        {
            if (exchange.Length > 0 && !exchange.SequenceEqual(market.Id.Exchange))
                continue;
            if (timeframe.Length > 0 && !timeframe.SequenceEqual(market.Timeframe))
                continue;
            market.Ask();
            answer = board.Answer(market, p, s);
            return true;
        }
        return false;
    }

    /// <summary>
    /// Copies the text in upper case. The only supported escape is that of the slash.
    /// </summary>
    private static bool TryUpper(ReadOnlySpan<char> text, Span<char> upper, out int length)
    {
        length = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (length == upper.Length)
                return false;
            var c = text[i];
            if (c == '%')
            {
                if (i + 2 >= text.Length || text[i + 1] != '2' || (text[i + 2] | 0x20) != 'f')
                    return false;
                c = '/';
                i += 2;
            }
            upper[length++] = char.ToUpperInvariant(c);
        }
        return length > 0;
    }

    private bool TryFindPolicy(ReadOnlySpan<char> name, out int policy)
    {
        for (policy = 0; policy < board.Policies.Count; policy++)
            if (name.SequenceEqual(board.Policies[policy].Name))
                return true;
        return false;
    }
}
