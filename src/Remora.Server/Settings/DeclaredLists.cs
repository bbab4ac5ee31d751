using Remora.Risk;
using Kind = Remora.Server.Settings.SettingKinds;

namespace Remora.Server.Settings;

/// <summary>A list of objects in the settings file.</summary>
/// <param name="Name">The key, in snake_case.</param>
/// <param name="Required">The setting that each object must have.</param>
/// <param name="Help">What the objects are, in one line without a full stop.</param>
internal abstract record SettingList(string Name, string Required, string Help)
{
    /// <summary>A link to more information, in Markdown; null for none.</summary>
    public string? See { get; init; }

    /// <summary>The settings of an object.</summary>
    public abstract IReadOnlyList<Setting> Settings { get; }
}

/// <summary>A list of objects of one type.</summary>
internal sealed record SettingList<T>(string Name, string Required, string Help, T Empty, IReadOnlyList<Setting<T>> Of)
    : SettingList(Name, Required, Help)
    where T : class
{
    public override IReadOnlyList<Setting> Settings => Of;
}

/// <summary>The lists of objects in the settings file. They exist in the file only.</summary>
internal static class DeclaredLists
{
    private static readonly SettingDeclarer<MarketSettings> Market = new(NoMarket);
    private static readonly SettingDeclarer<FreqtradeSettings> Bot = new(new());
    private static readonly SettingDeclarer<WebhookSettings> Webhook = new(new());

    public static SettingList<MarketSettings> Markets { get; } =
        new(
            "markets",
            "pair",
            "Additional markets",
            NoMarket,
            [
                Market.One("pair", Kind.Pair, _ => null, (s, v) => s with { Pair = v }, "The pair"),
                Market.One(
                    "exchange",
                    Kind.Exchange,
                    s => s.Exchange,
                    (s, v) => s with { Exchange = v },
                    "Its exchange",
                    "that of the pairs"
                ),
                Market.One(
                    "timeframe",
                    Kind.Timeframe,
                    s => s.Timeframe,
                    (s, v) => s with { Timeframe = v },
                    "Timeframe of its base candles",
                    "that of the pairs"
                ),
                Market.Many(
                    "fallbacks",
                    Kind.Fallbacks,
                    s => s.Fallbacks,
                    (s, v) => s with { Fallbacks = v },
                    "Exchanges to use while its own is unavailable",
                    otherwise: "those of the pairs"
                ),
            ]
        );

    public static SettingList<FreqtradeSettings> Freqtrade { get; } =
        new(
            "freqtrade",
            "url",
            "Freqtrade bots that get locks, or that are followed",
            new(),
            [
                Bot.One(
                    "url",
                    Kind.WebAddress with
                    {
                        Allowed = "an http:// or https:// address, such as http://127.0.0.1:8080",
                    },
                    s => s.Url,
                    (s, v) => s with { Url = v },
                    "Address of the bot's REST interface"
                ),
                Bot.One(
                    "user",
                    Kind.Text("a user name without a colon", "NAME", text => text.Length > 0 && !text.Contains(':')),
                    s => s.User,
                    (s, v) => s with { User = v },
                    "User of the bot's api_server",
                    "required"
                ),
                Bot.One(
                    "password_env",
                    Kind.Variable,
                    s => s.PasswordEnv,
                    (s, v) => s with { PasswordEnv = v },
                    "Environment variable that contains the password",
                    "required"
                ),
                Bot.One(
                    "lock",
                    Kind.Bool,
                    s => s.Lock,
                    (s, v) => s with { Lock = v },
                    "Whether its pairs are locked while entries are blocked"
                ),
                Bot.One(
                    "follow",
                    Kind.Bool,
                    s => s.Follow,
                    (s, v) => s with { Follow = v },
                    "Whether the pairs of its whitelist are tracked"
                ) with
                {
                    See = "[follow a bot](freqtrade.md#follow-the-bot)",
                },
            ]
        )
        {
            See = "[locks](locks.md)",
        };

    public static SettingList<WebhookSettings> Webhooks { get; } =
        new(
            "webhooks",
            "url",
            "Receivers of changes",
            new(),
            [
                Webhook.One(
                    "url",
                    Kind.WebAddress,
                    s => s.Url,
                    (s, v) => s with { Url = v },
                    "Address of the receiver"
                ),
                Webhook.One(
                    "secret_env",
                    Kind.Variable,
                    s => s.SecretEnv,
                    (s, v) => s with { SecretEnv = v },
                    "Environment variable that contains the secret of the signatures",
                    "required"
                ),
                Webhook.Many(
                    "events",
                    Kind.Text("safe_to_trade, regime, or both", "EVENTS", text => text is "safe_to_trade" or "regime"),
                    s => s.Events,
                    (s, v) => s with { Events = v },
                    "Events to send",
                    ListRule.NotEmpty,
                    "both"
                ),
                Webhook.Many(
                    "pairs",
                    Kind.Pairs,
                    s => s.Pairs,
                    (s, v) => s with { Pairs = v },
                    "Pairs whose changes are sent",
                    ListRule.NotEmpty,
                    "all"
                ),
                Webhook.One(
                    "side",
                    Kind.OneOf("SIDE", ("long", Side.Long), ("short", Side.Short)),
                    s => RemoraJson.NameOf(s.Side),
                    (s, v) => s with { Side = v },
                    "Side of the trade"
                ),
            ]
        )
        {
            See = "[webhooks](webhooks.md)",
        };

    /// <summary>All lists, in the order of the documentation.</summary>
    public static IReadOnlyList<SettingList> All { get; } = [Markets, Freqtrade, Webhooks];

    private static MarketSettings NoMarket => new(null!); // the file's reader requires 'pair'
}
