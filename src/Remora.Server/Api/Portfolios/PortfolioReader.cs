using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Remora.Forecasts;
using Remora.Portfolios;
using Remora.Risk;

namespace Remora.Server.Api.Portfolios;

/// <summary>Reads the body of a request about a portfolio and checks each field.</summary>
internal static class PortfolioReader
{
    /// <summary>The maximum number of positions.</summary>
    public const int MostPositions = PortfolioQuestion.MostPositions;

    private const double Largest = 1e15; // of money, amounts and prices
    private const double MostLeverage = 1000; // of a position on the wallet, too
    private static readonly string[] Horizons = [.. PortfolioTables.Horizons.Select(horizon => horizon.Name)];

    /// <summary>
    /// Reads and checks a request. Afterwards the wallet, the horizon, and the pair, the side and
    /// the size of each position are known.
    /// </summary>
    public static async Task<(PortfolioRequest? Request, ProblemResult? Problem)> ReadAsync(
        HttpRequest http,
        CancellationToken cancellation
    )
    {
        var (json, problem) = await JsonBody.ReadAsync(http, $"{MostPositions} positions", cancellation);
        return problem is null && TryParse(json.Span, out var request, out problem) ? (request, null) : (null, problem);
    }

    /// <summary>Parses and checks the text of a request.</summary>
    public static bool TryParse(
        ReadOnlySpan<byte> json,
        [NotNullWhen(true)] out PortfolioRequest? request,
        [NotNullWhen(false)] out ProblemResult? problem
    )
    {
        request = null;
        try
        {
            request = JsonSerializer.Deserialize(json, ServerJson.Shared.PortfolioRequest);
        }
        catch (JsonException e)
        {
            problem = JsonBody.Unreadable(e, Expected, "expected a JSON object with 'wallet' and 'positions'", Allowed);
            return false;
        }
        problem = request is null ? Bad("body", "expected an object") : Check(ref request);
        return problem is null;
    }

    /// <summary>
    /// Checks a request and fills in its defaults. Returns what is wrong; null if nothing.
    /// </summary>
    public static ProblemResult? Check(ref PortfolioRequest request)
    {
        if (!IsAmount(request.Wallet))
            return Bad("wallet", Above(request.Wallet));
        var horizon = request.Horizon ?? Horizon.OneDay;
        if (!Horizons.Contains(horizon.Name))
            return Bad("horizon", $"expected {Shown.Choice(Horizons)}, not {horizon}", Horizons);
        if (request.Limit is { } limit && !(limit is > 0 and < 1))
            return Bad("limit", "expected a ratio above 0 and below 1, such as 0.04 for 4 %");
        if (request.Positions is not { Count: > 0 and <= MostPositions } positions)
            return Bad("positions", $"expected 1 to {MostPositions} positions");
        var checkedOnes = new List<PositionRequest>(positions.Count);
        for (var i = 0; i < positions.Count; i++)
        {
            if (Check(positions[i], $"positions[{i}]", request.Wallet!.Value) is { } problem)
                return problem;
            checkedOnes.Add(positions[i] with { Side = positions[i].Side ?? Side.Long });
        }
        if (request.Candidate is { } candidate)
        {
            if (Check(candidate, "candidate", request.Wallet!.Value, needsSize: false) is { } problem)
                return problem;
            candidate = candidate with { Side = candidate.Side ?? Side.Long };
            request = request with { Candidate = candidate };
        }
        request = request with { Horizon = horizon, Positions = checkedOnes };
        return null;
    }

    private static ProblemResult? Check(PositionRequest? position, string path, double wallet, bool needsSize = true)
    {
        if (position is null)
            return Bad(path, "expected an object");
        if (position.Pair is null)
            return Bad($"{path}.pair", Expected["pair"]);
        foreach (
            var (name, value) in new[]
            {
                ("notional", position.Notional),
                ("amount", position.Amount),
                ("price", position.Price),
                ("leverage", position.Leverage),
                ("stop_price", position.StopPrice),
                ("liquidation_price", position.LiquidationPrice),
            }
        )
            if (value is not null && !IsAmount(value))
                return Bad($"{path}.{name}", Above(value));
        if (position.Leverage > MostLeverage)
            return Bad($"{path}.leverage", $"expected a number above 0, at most {MostLeverage}");
        var isSized = position.Notional is not null || position.Amount is not null;
        if ((position.Notional is not null && position.Amount is not null) || (needsSize && !isSized))
            return Bad($"{path}.notional", "expected either 'notional' or 'amount', not both or none");
        return SizeProblem(position.Notional, path, wallet);
    }

    /// <summary>
    /// Returns what is wrong with the size of a position, when its price is known; null if nothing.
    /// </summary>
    public static ProblemResult? SizeProblem(double? notional, string path, double wallet) =>
        notional > MostLeverage * wallet
            ? Bad($"{path}.notional", $"expected at most {MostLeverage} times the wallet")
            : null;

    private static bool IsAmount(double? value) => value is > 0 and <= Largest;

    private static string Above(double? value) =>
        value is { } v && double.IsFinite(v) && v > Largest
            ? "expected at most 1e15"
            : "expected a finite number above 0";

    private static ProblemResult Bad(string field, string detail, IReadOnlyList<string>? allowed = null) =>
        JsonBody.Bad(field, detail, allowed);

    private static readonly Dictionary<string, string> Expected = new(StringComparer.Ordinal)
    {
        ["wallet"] = "expected a finite number above 0",
        ["horizon"] = $"expected {Shown.Choice(Horizons)}",
        ["positions"] = $"expected a list of 1 to {MostPositions} positions",
        ["limit"] = "expected a ratio above 0 and below 1, such as 0.04 for 4 %",
        ["candidate"] = "expected a position",
        ["pair"] = "expected a pair such as BTC/USDT",
        ["side"] = "expected long or short",
        ["notional"] = "expected a finite number above 0",
        ["amount"] = "expected a finite number above 0",
        ["price"] = "expected a finite number above 0",
        ["leverage"] = "expected a finite number above 0",
        ["stop_price"] = "expected a finite number above 0",
        ["liquidation_price"] = "expected a finite number above 0",
    };

    private static readonly Dictionary<string, IReadOnlyList<string>> Allowed = new(StringComparer.Ordinal)
    {
        ["horizon"] = Horizons,
    };
}
