using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using Remora.Markets;
using Remora.Server.Access;
using Remora.Server.Api;
using Remora.Store;

namespace Remora.Server.Settings;

internal delegate bool SettingParser<T>(string text, [MaybeNullWhen(false)] out T value);

/// <summary>A kind of value that settings have.</summary>
/// <param name="Allowed">The allowed values, as text that can follow "expected".</param>
/// <param name="ValueName">The placeholder of the value in help.</param>
/// <param name="TryParse">Parses one value.</param>
internal sealed record SettingKind<T>(string Allowed, string ValueName, SettingParser<T> TryParse)
{
    /// <summary>
    /// Whether any value of the kind is allowed, so that help does not list them.
    /// </summary>
    public bool IsOpen { get; init; }
}

/// <summary>The kinds of values.</summary>
internal static class SettingKinds
{
    public const int MinutesOfWeek = 7 * 24 * 60;
    private const int LongestEmail = 254;
    private const int LongestExchange = 40;
    private const int LongestName = 100;
    private const int LargestPort = 65_535;

    public static SettingKind<bool> Bool { get; } = new("true or false", "BOOL", TryBool);

    public static SettingKind<int> Port { get; } =
        Whole(0, LargestPort, "PORT") with
        {
            Allowed = $"a whole number from 0 to {LargestPort}; 0 selects a free port",
        };

    public static SettingKind<Pair> Pair { get; } = new("a pair such as BTC/USDT", "PAIR", Markets.Pair.TryParse);

    public static SettingKind<Pair> Pairs { get; } =
        Pair with
        {
            Allowed = "pairs such as BTC/USDT, each once",
            ValueName = "PAIRS",
        };

    public static SettingKind<Timeframe> Timeframe { get; } =
        new("one of " + string.Join(", ", Markets.Timeframe.Known), "TIMEFRAME", Markets.Timeframe.TryParse);

    public static SettingKind<string> Exchange { get; } =
        Text("the CCXT id of an exchange, such as binance", "ID", IsExchange);

    public static SettingKind<FallbackMarket> Fallbacks { get; } =
        new("exchanges such as kraken, or kraken:BTC/USD if the pair differs there", "IDS", TryFallback);

    public static SettingKind<string> Address { get; } =
        Text("an IP address, or localhost", "ADDRESS", text => text == "localhost" || IPAddress.TryParse(text, out _));

    public static SettingKind<string> HostNames { get; } =
        new(
            "host names without a port, such as remora.example.org, *.example.org or 192.168.1.5, or * for any name",
            "NAMES",
            HostGate.TryParse
        );

    public static SettingKind<string> Origins { get; } =
        Text("origins such as https://example.org", "ORIGINS", IsOrigin);

    public static SettingKind<string> Name { get; } = Text("a name", "NAME", _ => true) with { IsOpen = true };

    public static SettingKind<string> DatabaseName { get; } =
        Text("a name of letters, digits and _ that does not start with a digit", "NAME", IsIdentifier);

    public static SettingKind<string> Variable { get; } =
        Text("the name of an environment variable", "NAME", IsVariable) with
        {
            IsOpen = true,
        };

    public static SettingKind<string> File { get; } = Text("a file", "FILE", IsPath) with { IsOpen = true };

    public static SettingKind<string> Folder { get; } = Text("a folder", "FOLDER", IsPath) with { IsOpen = true };

    public static SettingKind<string> ClickHouseServer { get; } =
        Text(
            "an http:// or https:// address without a password, such as http://remora@host:8123; several, separated "
                + "by commas, of servers with the same data, which are tried in turn",
            "URL",
            text =>
                text.Split(',', StringSplitOptions.TrimEntries)
                    .All(one =>
                        Uri.TryCreate(one, UriKind.Absolute, out var url) && IsWeb(url) && !url.UserInfo.Contains(':')
                    )
        );

    public static SettingKind<Uri> WebAddress { get; } = new("an http:// or https:// address", "URL", TryWebAddress);

    public static SettingKind<Uri> HttpAddress { get; } = new("an http:// address", "URL", TryHttpAddress);

    public static SettingKind<string> Email { get; } =
        Text("an e-mail address such as you@example.org", "ADDRESS", IsEmail);

    public static SettingKind<int> Whole(int least, int most, string valueName = "COUNT") =>
        new(
            $"a whole number from {least} to {most}",
            valueName,
            (text, out value) =>
                int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value)
                && value >= least
                && value <= most
        );

    public static SettingKind<double> Number(double least, double most, string unit, string valueName) =>
        new(
            string.Create(CultureInfo.InvariantCulture, $"{unit} from {least} to {most}"),
            valueName,
            (text, out value) =>
                double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out value)
                && value >= least
                && value <= most
        );

    public static SettingKind<double> Minutes { get; } = Number(0, MinutesOfWeek, "minutes", "MINUTES");

    /// <summary>A retention.</summary>
    /// <param name="least">The lowest number of days besides 0.</param>
    public static SettingKind<int> Days(int least = 1) =>
        new(
            $"days from {least} to {StoreRetention.MostDays}, or 0 for no limit",
            "DAYS",
            (text, out value) =>
                Whole(0, StoreRetention.MostDays).TryParse(text, out value) && (value == 0 || value >= least)
        );

    public static SettingKind<T> OneOf<T>(string valueName, params IReadOnlyList<(string Name, T Value)> values) =>
        new(
            Shown.Choice([.. values.Select(value => value.Name)]),
            valueName,
            (string text, [MaybeNullWhen(false)] out T value) =>
            {
                foreach (var (name, known) in values)
                {
                    value = known;
                    if (name == text)
                        return true;
                }
                value = default;
                return false;
            }
        );

    public static SettingKind<string> Text(string allowed, string valueName, Func<string, bool> isAllowed) =>
        new(
            allowed,
            valueName,
            (string text, [MaybeNullWhen(false)] out string value) =>
            {
                value = text;
                return isAllowed(text);
            }
        );

    private static bool TryBool(string text, out bool value)
    {
        value = text == "true";
        return value || text == "false";
    }

    private static bool TryFallback(string text, [NotNullWhen(true)] out FallbackMarket? value)
    {
        var colon = text.IndexOf(':');
        var exchange = colon < 0 ? text : text[..colon];
        Pair? pair = null;
        var isValid = IsExchange(exchange) && (colon < 0 || Markets.Pair.TryParse(text[(colon + 1)..], out pair));
        value = isValid ? new(exchange, pair) : null;
        return isValid;
    }

    private static bool TryWebAddress(string text, [NotNullWhen(true)] out Uri? value) =>
        Uri.TryCreate(text, UriKind.Absolute, out value) && IsWeb(value) && value.UserInfo.Length == 0;

    private static bool TryHttpAddress(string text, [NotNullWhen(true)] out Uri? value) =>
        Uri.TryCreate(text, UriKind.Absolute, out value) && value.Scheme == Uri.UriSchemeHttp;

    private static bool IsWeb(Uri url) => url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps;

    private static bool IsOrigin(string text) =>
        TryWebAddress(text, out var url) && url.GetLeftPart(UriPartial.Authority) == text;

    /// <summary>Whether a text can be an e-mail address and stand in an HTTP header.</summary>
    private static bool IsEmail(string text) =>
        text.Length <= LongestEmail
        && text.IndexOf('@') is > 0 and var at
        && text.LastIndexOf('@') == at
        && at < text.Length - 1
        && text.All(c => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-/=?^_`{|}~.@".Contains(c));

    private static bool IsExchange(string text) =>
        text.Length is > 0 and <= LongestExchange
        && text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_');

    private static bool IsVariable(string text) =>
        text.Length > 0 && !char.IsAsciiDigit(text[0]) && text.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');

    private static bool IsIdentifier(string text) => text.Length <= LongestName && IsVariable(text);

    private static bool IsPath(string text) => text.Length > 0 && !text.Contains('\0');
}
