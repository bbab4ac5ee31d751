using System.Collections;
using System.CommandLine;
using System.Globalization;
using Remora.Feeds;
using Remora.Feeds.Derivatives;
using Remora.Feeds.Exchanges;
using Remora.Feeds.Http;
using Remora.Feeds.Keys;
using Remora.Feeds.News;
using Remora.Feeds.Time;

namespace Remora.Cli.Commands;

/// <summary>
/// <c>remora sources test</c>: requests one source once, without a service, and shows raw and
/// parsed values.
/// </summary>
internal static class SourceTestCommand
{
    private const string News = "news",
        Perpetual = "perpetual-",
        Coins = "coinglass-",
        Liquidations = "liquidations";
    private const int MaxRawLength = 2_000;

    private static string Allowed =>
        $"{string.Join(", ", HttpSources.All.Select(source => source.Name))}, {News}, {Perpetual}BTC or another "
        + $"currency's, {Coins}BTC or another's";

    public static Command Create()
    {
        var name = new Argument<string>("NAME") { Description = $"Name of the source: {Allowed}" };
        name.Validators.Add(result =>
        {
            var given = result.GetValueOrDefault<string>();
            if (given == Liquidations)
                result.AddError(
                    "liquidations are summed over an hour of an exchange's stream, so one request cannot test them; "
                        + "'remora sources' shows the state of the stream"
                );
            else if (!IsKnown(given))
                result.AddError($"'{given}' is not a source: expected one of {Allowed}");
        });
        var sandbox = Options.Address("--sandbox", "Address of a sandbox to use instead of the real source");
        var command = new Command(
            "test",
            "Requests one source once, without a service, and shows the raw and parsed values."
        )
        {
            name,
            sandbox,
        };
        command.SetAction(
            (parsed, cancellation) => TestAsync(parsed.GetValue(name)!, parsed.GetValue(sandbox), cancellation)
        );
        return command;
    }

    private static bool IsKnown(string name) =>
        name == News
        || HttpSources.All.Any(source => source.Name == name)
        || (BaseOf(name, Perpetual) ?? BaseOf(name, Coins)) is not null;

    /// <summary>
    /// Returns the currency after a prefix; null if the prefix or the currency is missing.
    /// </summary>
    private static string? BaseOf(string name, string prefix) =>
        name.StartsWith(prefix, StringComparison.Ordinal)
        && Markets.Pair.TryParse($"{name[prefix.Length..]}/USDT", out var pair)
            ? pair.Base
            : null;

    private static async Task<int> TestAsync(string name, Uri? sandbox, CancellationToken cancellation)
    {
        try
        {
            var environment = Environment
                .GetEnvironmentVariables()
                .Cast<DictionaryEntry>()
                .ToDictionary(e => (string)e.Key, e => (string?)e.Value ?? "");
            var keys = SourceKeys.Read(environment);
            var clock = sandbox is null
                ? TimeProvider.System
                : (await RemoteSandbox.ConnectAsync(sandbox, cancellation)).Clock;
            if (name == News)
                return await NewsAsync(keys, sandbox, clock, cancellation);
            if (BaseOf(name, Perpetual) is { } contract)
                return await PerpetualAsync(contract, sandbox, clock, cancellation);
            if (BaseOf(name, Coins) is { } coin)
                return keys.Coinglass is { } key
                    ? await HttpAsync(Coinglass.Source(coin, key), sandbox, clock, cancellation)
                    : Terminal.Fail($"{name} requires a key: set REMORA_COINGLASS_KEY", ExitCode.Usage);
            return await HttpAsync(
                HttpSources.WithKey(HttpSources.All.Single(source => source.Name == name), keys),
                sandbox,
                clock,
                cancellation
            );
        }
        catch (FormatException e)
        {
            return Terminal.Fail(e.Message, ExitCode.Usage); // an invalid key
        }
        catch (SandboxUnreachableException e)
        {
            return Terminal.Fail(e.Message, ExitCode.Unavailable);
        }
    }

    private static async Task<int> HttpAsync(
        HttpSource source,
        Uri? sandbox,
        TimeProvider clock,
        CancellationToken cancellation
    )
    {
        using var http = OutsideHttp.NewClient();
        var trial = await new HttpSourceFeed(source, http, new() { BaseUrl = sandbox }, clock).TryAsync(cancellation);
        Show(trial);
        return trial.Error is { } error ? Fail(source.Name, error) : ExitCode.Ok;
    }

    private static async Task<int> PerpetualAsync(
        string contract,
        Uri? sandbox,
        TimeProvider clock,
        CancellationToken cancellation
    )
    {
        await using var bridge = CcxtBridge.Start(new() { BaseUrl = sandbox, RateLimit = sandbox is null }, clock);
        var trials = await new PerpetualFeed(
            contract,
            [.. PerpetualFeed.DefaultExchanges.Select(bridge.Exchange)],
            clock: clock
        ).TryAsync(cancellation);
        foreach (var trial in trials)
        {
            Show(trial);
            if (trial.Error is { } error)
                Fail(Perpetual + contract, error);
        }
        return trials[^1].Error is null ? ExitCode.Ok : ExitCode.Unavailable;
    }

    private static async Task<int> NewsAsync(
        SourceKeys keys,
        Uri? sandbox,
        TimeProvider clock,
        CancellationToken cancellation
    )
    {
        using var http = OutsideHttp.NewClient();
        var (outlets, report) = await new NewsFeed([], http, keys, NewsFeed.Options(sandbox), clock).TryAsync(
            cancellation
        );
        foreach (var outlet in outlets)
        {
            Show(outlet);
            if (outlet.Error is { } error)
                Fail(News, error);
        }
        foreach (var headline in report.Headlines)
        {
            var score = Number(headline.Score, "+0.000;-0.000;0", "no score");
            var terms = string.Join(", ", headline.Terms);
            Console.WriteLine(
                $"parsed   {score, 8}  {headline.PublishedAt}  {headline.Outlet}: {headline.Title} [{terms}]"
            );
        }
        var market = report.Verdicts[0];
        var sentiment = Number(market.Sentiment, "0.000", "none, too few headlines");
        Console.WriteLine($"result   {sentiment}: {market.Opinions} scored headlines in the last day");
        return outlets.Any(outlet => outlet.Error is null) ? ExitCode.Ok : ExitCode.Unavailable;
    }

    private static void Show(SourceTrial trial)
    {
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"request  {trial.Requested}, response after {trial.Took.TotalSeconds:0.00} s"
            )
        );
        if (trial.Raw.Length > 0)
            Console.WriteLine($"raw      {Beginning(trial.Raw)}");
        foreach (var reading in trial.Readings)
        {
            var about = reading.Base is { } name ? " " + name : "";
            var live = reading.IsLive ? ", live" : "";
            var published = reading.PublishedAt is { } known ? $", published at {known}" : "";
            Console.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"parsed   {RemoraJson.NameOf(reading.Signal)}{about} {reading.Value} at {reading.HeldAt}"
                )
                    + live
                    + published
            );
        }
    }

    private static string Number(double value, string format, string unknown) =>
        double.IsNaN(value) ? unknown : value.ToString(format, CultureInfo.InvariantCulture);

    private static int Fail(string name, FeedError error) =>
        Terminal.Fail($"{name}: {error.Kind}: {error.Message}", ExitCode.Unavailable);

    private static string Beginning(string raw) =>
        raw.Length > MaxRawLength ? $"{raw[..MaxRawLength]}... ({raw.Length} characters)" : raw;
}
