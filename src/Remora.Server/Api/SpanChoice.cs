using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Remora.Markets;
using Remora.Store;
using Remora.Store.Tables;

namespace Remora.Server.Api;

/// <summary>The requested part of the stored rows, and the format of the answer.</summary>
/// <param name="From">The first moment.</param>
/// <param name="To">The end, exclusive.</param>
/// <param name="Limit">The maximum number of rows.</param>
/// <param name="Format">
/// The format of the store's rows, which are passed on unchanged; null for the JSON of this API.
/// </param>
internal readonly record struct SpanChoice(Instant From, Instant To, int Limit, StoreFormat? Format)
{
    public const int DefaultLimit = 1000;
    public const int MostRows = 10_000;
    public const int MostStreamedRows = 10_000_000;

    private static readonly Dictionary<string, StoreFormat?> Formats = new(StringComparer.Ordinal)
    {
        ["json"] = null,
        ["csv"] = StoreFormat.Csv,
        ["parquet"] = StoreFormat.Parquet,
        ["feather"] = StoreFormat.Feather,
        ["jsonl"] = StoreFormat.JsonLines,
    };

    /// <summary>The names of the formats.</summary>
    public static IReadOnlyList<string> FormatNames { get; } = [.. Formats.Keys];

    public Span Span => new(From, To, Limit);

    /// <summary>Returns the same span, limited to a last moment, inclusive.</summary>
    public SpanChoice EndingBy(Instant last) =>
        this with
        {
            To = To <= last ? To : last + TimeSpan.FromMilliseconds(1),
        };

    /// <summary>Reads <c>from</c>, <c>to</c>, <c>limit</c> and <c>format</c>.</summary>
    /// <param name="query">The query of the request.</param>
    /// <param name="now">The current time of the service.</param>
    /// <param name="usual">The default length of a span before its end.</param>
    /// <param name="choice">The result.</param>
    /// <param name="problem">The error, if the query is invalid.</param>
    public static bool TryRead(
        IQueryCollection query,
        Instant now,
        TimeSpan usual,
        out SpanChoice choice,
        [NotNullWhen(false)] out ProblemResult? problem
    )
    {
        choice = default;
        var end = now + TimeSpan.FromMilliseconds(1);
        if (!TryReadMoment(query, "to", now, end, out var to, out problem))
            return false;
        if (!TryReadMoment(query, "from", now, to - usual, out var from, out problem))
            return false;
        if (from >= to)
        {
            problem = ApiProblem.BadParameter("from", $"The span is empty: it begins at {from} and ends at {to}.");
            return false;
        }
        StoreFormat? format = null;
        if (query.TryGetValue("format", out var named) && !Formats.TryGetValue(named.ToString(), out format))
        {
            problem = ApiProblem.BadParameter(
                "format",
                $"Unknown format '{Shown.Of(named.ToString())}': expected {Shown.Choice(FormatNames)}.",
                FormatNames
            );
            return false;
        }
        var most = format is null ? MostRows : MostStreamedRows;
        var usualLimit = format is null ? DefaultLimit : MostStreamedRows;
        if (!TryReadLimit(query, usualLimit, most, out var limit, out problem))
            return false;
        // Rows with a later date were recorded with a wrong clock.
        choice = new(from, to < end ? to : end, limit, format);
        problem = null;
        return true;
    }

    /// <summary>Reads <c>limit</c>, a whole number from 1 on.</summary>
    public static bool TryReadLimit(
        IQueryCollection query,
        int usual,
        int most,
        out int limit,
        [NotNullWhen(false)] out ProblemResult? problem
    )
    {
        problem = null;
        limit = usual;
        if (
            !query.TryGetValue("limit", out var text)
            || (
                int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out limit)
                && limit >= 1
                && limit <= most
            )
        )
            return true;
        problem = ApiProblem.BadParameter(
            "limit",
            $"Invalid limit '{Shown.Of(text.ToString())}': expected a whole number from 1 to {most}."
        );
        return false;
    }

    /// <summary>
    /// Reads a moment: ISO-8601, <c>now</c>, or a time before now such as <c>-24h</c> or
    /// <c>now-7d</c>.
    /// </summary>
    public static bool TryReadMoment(
        IQueryCollection query,
        string parameter,
        Instant now,
        Instant otherwise,
        out Instant moment,
        [NotNullWhen(false)] out ProblemResult? problem
    )
    {
        problem = null;
        moment = otherwise;
        if (!query.TryGetValue(parameter, out var values))
            return true;
        var text = values.ToString();
        if (Instant.TryParse(text, out moment) || TryReadRelative(text, now, out moment))
            return true;
        problem = ApiProblem.BadParameter(
            parameter,
            $"'{Shown.Of(text)}' is not a time: expected ISO-8601 such as 2026-06-13T08:00:00Z, or a time before "
                + $"now such as -24h, -90m or -7d."
        );
        return false;
    }

    private static bool TryReadRelative(string text, Instant now, out Instant moment)
    {
        moment = now;
        var rest = text.StartsWith("now", StringComparison.Ordinal) ? text.AsSpan(3) : text;
        if (rest.Length == 0)
            return text.Length > 0;
        if (
            rest.Length < 3
            || rest[0] != '-'
            || !int.TryParse(rest[1..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var count)
        )
            return false;
        TimeSpan? unit = rest[^1] switch
        {
            's' => TimeSpan.FromSeconds(1),
            'm' => TimeSpan.FromMinutes(1),
            'h' => TimeSpan.FromHours(1),
            'd' => TimeSpan.FromDays(1),
            'w' => TimeSpan.FromDays(7),
            _ => null,
        };
        const double longest = 36_500; // days
        if (unit is not { } one || one.TotalDays * count > longest)
            return false;
        moment = now - (one * count);
        return true;
    }
}
