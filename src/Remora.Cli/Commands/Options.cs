using System.CommandLine;
using System.Diagnostics.CodeAnalysis;
using Remora.Client;
using Remora.Markets;
using Remora.Risk;
using Remora.Server.Settings;

namespace Remora.Cli.Commands;

/// <summary>Options that several commands share.</summary>
internal static class Options
{
    public static Option<Pair> Pair(string name) =>
        new(name)
        {
            Description = "Pair, for example BTC/USDT",
            CustomParser = result =>
            {
                var text = result.Tokens[0].Value;
                if (Markets.Pair.TryParse(text, out var pair))
                    return pair;
                result.AddError($"{name} '{text}' is not a pair: expected BASE/QUOTE such as BTC/USDT");
                return null;
            },
        };

    public static Option<Uri?> Address(string name, string description) =>
        new(name)
        {
            Description = description,
            CustomParser = result =>
            {
                if (TryReadAddress(result.Tokens[0].Value, out var address))
                    return address;
                result.AddError($"{name}: {NotAnAddress}");
                return null;
            },
        };

    /// <summary>
    /// The error for an invalid address. It does not repeat the value, which may contain a
    /// password.
    /// </summary>
    public const string NotAnAddress =
        $"expected an address such as {RemoraClientOptions.DefaultUrl}, without user and password";

    /// <summary>Parses the address of a service.</summary>
    public static bool TryReadAddress(string text, [NotNullWhen(true)] out Uri? address) =>
        Uri.TryCreate(text, UriKind.Absolute, out address)
        && address.Scheme is "http" or "https"
        && address.UserInfo.Length == 0
        && address.Query.Length == 0
        && address.Fragment.Length == 0;

    public static Option<Timeframe?> Timeframe() =>
        new("--timeframe")
        {
            Description = "Timeframe of the candles, for example 5m [default: detected from the rows]",
            CustomParser = result =>
            {
                var text = result.Tokens[0].Value;
                if (Markets.Timeframe.TryParse(text, out var timeframe))
                    return timeframe;
                result.AddError(
                    $"--timeframe '{text}' is unknown: expected one of {string.Join(", ", Markets.Timeframe.Known)}"
                );
                return null;
            },
        };

    public static Option<Side> Side(string name, string description)
    {
        var option = new Option<Side>(name) { Description = description, DefaultValueFactory = _ => Risk.Side.Long };
        option.AcceptOnlyFromAmong("long", "short");
        return option;
    }

    public static Option<string> Exchange() =>
        new("--exchange")
        {
            Description = "CCXT id of the exchange",
            DefaultValueFactory = _ => new ServiceSettings().Exchange,
            HelpName = "ID",
        };

    public static Option<Instant?> Time(string name, string description, params string[] aliases) =>
        new(name, aliases)
        {
            Description = description,
            CustomParser = result =>
            {
                var text = result.Tokens[0].Value;
                if (Instant.TryParse(text, out var time))
                    return time;
                result.AddError(
                    $"{name} '{text}' is not a time: expected ISO-8601 such as 2022-06-13 or 2022-06-13T08:00:00Z"
                );
                return null;
            },
        };
}
