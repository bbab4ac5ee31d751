using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Remora.Bots.Freqtrade;
using Remora.Cli.Render;
using Remora.Markets;

namespace Remora.Cli.Commands;

/// <summary>
/// <c>remora portfolio</c>: prints what all open positions can lose together.
/// </summary>
internal static class PortfolioCommand
{
    private const string NotAPosition = "expected PAIR=NOTIONAL such as BTC/USDT=1000, below 0 for a short";

    public static Command Create()
    {
        var positions = new Argument<string[]>("PAIR=NOTIONAL")
        {
            Description = "Positions with their value, below 0 for a short, for example BTC/USDT=1000 ETH/USDT=-500",
            Arity = ArgumentArity.ZeroOrMore,
        };
        positions.Validators.Add(result =>
        {
            foreach (var token in result.Tokens)
                if (!TryParse(token.Value, out _))
                    result.AddError($"'{token.Value}': {NotAPosition}");
        });
        var wallet = new Option<double?>("--wallet")
        {
            Description = "Balance that the positions relate to, open positions included [default: the bot's]",
            HelpName = "MONEY",
        };
        var horizon = new Option<string>("--horizon")
        {
            Description = "How far to look ahead",
            DefaultValueFactory = _ => "24h",
        };
        horizon.AcceptOnlyFromAmong("4h", "24h");
        var limit = new Option<double?>("--limit")
        {
            Description = "Highest value at risk at 95 % that the book shall have, a ratio of the wallet: 0.04",
            HelpName = "RATIO",
        };
        var candidate = new Option<string?>("--candidate")
        {
            Description = "A position that might be added, for example SOL/USDT=800",
            HelpName = "PAIR=NOTIONAL",
        };
        candidate.Validators.Add(result =>
        {
            foreach (var token in result.Tokens)
                if (!TryParse(token.Value, out _))
                    result.AddError($"--candidate: '{token.Value}': {NotAPosition}");
        });
        var bots = new BotOptionSet("--freqtrade", "Take the open trades and the balance of this Freqtrade bot");
        var json = new Option<bool>("--json") { Description = "Print the response as JSON" };
        var service = new RunningServiceOptionSet();
        var command = new Command(
            "portfolio",
            "Prints what all open positions can lose together, and which of them carries how much of it. Exit code: "
                + "0 printed, 1 the value at risk is above --limit, 2 invalid use, 3 no response."
        )
        {
            positions,
            wallet,
            horizon,
            limit,
            candidate,
            json,
        };
        foreach (var option in bots.All)
            command.Options.Add(option);
        service.AddTo(command);
        command.SetAction(
            async (parsed, cancellation) =>
            {
                var followed = bots.Read(parsed, out var error);
                if (error is not null)
                    return Terminal.Fail(error, ExitCode.Usage);
                var named = parsed.GetValue(positions) ?? [];
                if (followed.Count > 1 || named.Length > 0 == followed.Count > 0)
                    return Terminal.Fail(
                        "name the positions, or one bot with --freqtrade: one of the two",
                        ExitCode.Usage
                    );
                if (followed.Count == 0 && parsed.GetValue(wallet) is null)
                    return Terminal.Fail(
                        "--wallet is missing: the balance that the positions relate to",
                        ExitCode.Usage
                    );
                try
                {
                    var book = followed.Count == 0 ? null : await BotBook.ReadAsync(followed[0], cancellation);
                    if (book is { Trades.Count: 0 })
                    {
                        Console.WriteLine($"{followed[0]} has no open trades");
                        return ExitCode.Ok;
                    }
                    var body = new JsonObject
                    {
                        ["wallet"] = parsed.GetValue(wallet) ?? book!.Wallet,
                        ["horizon"] = parsed.GetValue(horizon),
                        ["positions"] = new JsonArray([
                            .. book is null ? named.Select(Position) : book.Trades.Select(Position),
                        ]),
                    };
                    if (parsed.GetValue(limit) is { } most)
                        body["limit"] = most;
                    if (parsed.GetValue(candidate) is { } added)
                        body["candidate"] = Position(added);
                    using var running = service.Connect(parsed);
                    var text = await running.PostAsync("/api/v1/portfolio/risk", body.ToJsonString(), cancellation);
                    var answer = JsonElement.Parse(text);
                    if (parsed.GetValue(json))
                        Console.WriteLine(text);
                    else
                        BookText.Print(answer);
                    return answer.GetProperty("over_limit").ValueKind == JsonValueKind.True ? ExitCode.No : ExitCode.Ok;
                }
                catch (ServiceException e)
                {
                    return Terminal.Fail(e.Message, e.ExitCode);
                }
                catch (FreqtradeException e)
                {
                    return Terminal.Fail(e.Message, ExitCode.Unavailable);
                }
            }
        );
        return command;
    }

    private static bool TryParse(string text, out (Pair Pair, double Notional) position)
    {
        position = default;
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        if (
            equals < 0
            || !Pair.TryParse(text[..equals], out var pair)
            || !double.TryParse(
                text[(equals + 1)..],
                NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint,
                CultureInfo.InvariantCulture,
                out var notional
            )
            || !double.IsFinite(notional)
            || notional == 0
        )
            return false;
        position = (pair, notional);
        return true;
    }

    private static JsonNode Position(string text)
    {
        if (!TryParse(text, out var position))
            throw new FormatException($"'{text}' is not PAIR=NOTIONAL"); // refused before, as an argument
        return new JsonObject
        {
            ["pair"] = position.Pair.ToString(),
            ["side"] = position.Notional < 0 ? "short" : "long",
            ["notional"] = Math.Abs(position.Notional),
        };
    }

    private static JsonNode Position(BotTrade trade)
    {
        var position = new JsonObject
        {
            ["pair"] = trade.Pair,
            ["side"] = RemoraJson.NameOf(trade.Side),
            ["notional"] = trade.Notional,
            ["price"] = trade.Price,
        };
        if (trade.Stop is { } stop)
            position["stop_price"] = stop;
        if (trade.Liquidation is { } liquidation)
            position["liquidation_price"] = liquidation;
        return position;
    }
}
