using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Remora.Markets;
using Remora.Risk;

namespace Remora.Server.Api.Decisions;

/// <summary>Reads reports of entries and checks each field.</summary>
internal static class DecisionReader
{
    /// <summary>The maximum number of entries in a report.</summary>
    public const int Most = 100;

    private const int MostReasons = 20;
    private const int MostSteps = 20;
    private const int LongestName = 64;
    private const int LongestTag = 255;
    private const double Largest = 1e15; // of money and prices
    private const double MostLeverage = 1000;
    private const double LongestMinutes = 525_600; // a year
    private static readonly Instant Earliest = Instant.From(new(2009, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private static readonly IReadOnlyList<string> Verdicts =
    [
        .. Enum.GetValues<EntryVerdict>().Select(RemoraJson.NameOf),
    ];

    private static readonly Dictionary<string, string> Expected = new(StringComparer.Ordinal)
    {
        ["decisions"] = $"expected a list of 1 to {Most} entries",
        ["id"] = $"expected 1 to {LongestName} letters, digits or any of ._:-",
        ["bot"] = $"expected 1 to {LongestName} characters",
        ["strategy"] = $"expected 1 to {LongestName} characters",
        ["pair"] = "expected a pair such as BTC/USDT",
        ["exchange"] = "expected the CCXT id of an exchange such as binance",
        ["side"] = "expected long or short",
        ["at"] = "expected a time in ISO-8601 such as 2026-06-13T08:00:00Z, from 2009 on and not in the future",
        ["verdict"] = $"expected {Shown.Choice(Verdicts)}",
        ["blocked_by"] = $"expected at most {MostReasons} names of at most {LongestName} characters",
        ["price"] = "expected a finite number above 0",
        ["stake"] = "expected a finite number above 0",
        ["leverage"] = $"expected a number above 0, at most {MostLeverage}",
        ["fee"] = "expected a ratio from 0 to below 0.1, such as 0.001 for 0.1 %",
        ["tag"] = $"expected at most {LongestTag} characters",
        ["stop_loss"] = "expected a ratio below 0, at least -1000, such as -0.1 for a loss of 10 %",
        ["roi"] = $"expected at most {MostSteps} steps with ascending minutes",
        ["minutes"] = $"expected a number from 0 to {LongestMinutes}",
        ["profit"] = "expected a ratio from -1000 to 1000, such as 0.01 for 1 %",
    };

    private static readonly Dictionary<string, IReadOnlyList<string>> Allowed = new(StringComparer.Ordinal)
    {
        ["side"] = [.. Enum.GetValues<Side>().Select(RemoraJson.NameOf)],
        ["verdict"] = Verdicts,
    };

    /// <summary>
    /// Parses and checks reports. Afterwards, of each, the id, the bot, the pair, the side, the
    /// time, the verdict, the leverage and the fee are known.
    /// </summary>
    /// <param name="json">The body.</param>
    /// <param name="latest">The latest time of an entry.</param>
    /// <param name="reports">The result.</param>
    /// <param name="problem">What is wrong.</param>
    public static bool TryParse(
        ReadOnlySpan<byte> json,
        Instant latest,
        [NotNullWhen(true)] out IReadOnlyList<DecisionReport>? reports,
        [NotNullWhen(false)] out ProblemResult? problem
    )
    {
        reports = null;
        DecisionReports? body;
        try
        {
            body = JsonSerializer.Deserialize(json, ServerJson.Shared.DecisionReports);
        }
        catch (JsonException e)
        {
            problem = JsonBody.Unreadable(e, Expected, "expected a JSON object with 'decisions'", Allowed);
            return false;
        }
        if (body?.Decisions is not { Count: > 0 and <= Most } given)
        {
            problem = Bad("decisions");
            return false;
        }
        var known = new DecisionReport[given.Count];
        for (var i = 0; i < known.Length; i++)
        {
            problem = Check(given[i], $"decisions[{i}]", latest);
            if (problem is not null)
                return false;
            known[i] = given[i] with
            {
                Side = given[i].Side ?? Side.Long,
                Leverage = given[i].Leverage ?? 1,
                Fee = given[i].Fee ?? 0.001,
            };
        }
        reports = known;
        problem = null;
        return true;
    }

    private static ProblemResult? Check(DecisionReport? report, string path, Instant latest)
    {
        if (report is null)
            return JsonBody.Bad(path, "expected an object");
        string? wrong =
            !IsId(report.Id) ? "id"
            : !IsName(report.Bot) ? "bot"
            : report.Strategy is not null && !IsName(report.Strategy) ? "strategy"
            : report.Pair is null ? "pair"
            : report.Exchange is not null && !IsId(report.Exchange) ? "exchange"
            : report.At is not { } at || at < Earliest || at > latest ? "at"
            : report.Verdict is null ? "verdict"
            : report.BlockedBy is { } by && (by.Count > MostReasons || !by.All(IsName)) ? "blocked_by"
            : report.Price is not null and not (> 0 and <= Largest) ? "price"
            : report.Stake is not null and not (> 0 and <= Largest) ? "stake"
            : report.Leverage is not null and not (> 0 and <= MostLeverage) ? "leverage"
            : report.Fee is not null and not (>= 0 and < 0.1) ? "fee"
            : report.Tag is { Length: > LongestTag } ? "tag"
            : report.StopLoss is not null and not (< 0 and >= -1000) ? "stop_loss"
            : report.Roi is { Count: > MostSteps } ? "roi"
            : null;
        if (wrong is not null)
            return Bad($"{path}.{wrong}", wrong);
        for (var i = 0; i < (report.Roi?.Count ?? 0); i++)
        {
            var step = report.Roi![i];
            var field = $"{path}.roi[{i}]";
            if (step is null)
                return JsonBody.Bad(field, "expected an object");
            if (step.Minutes is not (>= 0 and <= LongestMinutes))
                return Bad($"{field}.minutes", "minutes");
            if (i > 0 && step.Minutes <= report.Roi[i - 1].Minutes)
                return Bad($"{path}.roi", "roi");
            if (step.Profit is not (>= -1000 and <= 1000))
                return Bad($"{field}.profit", "profit");
        }
        return null;
    }

    private static bool IsId(string? text) =>
        text is { Length: > 0 and <= LongestName } && text.All(c => char.IsAsciiLetterOrDigit(c) || "._:-".Contains(c));

    private static bool IsName(string? text) => text is { Length: > 0 and <= LongestName } && !text.Any(char.IsControl);

    private static ProblemResult Bad(string path, string? name = null) =>
        JsonBody.Bad(path, Expected[name ?? path], Allowed.GetValueOrDefault(name ?? path));
}
