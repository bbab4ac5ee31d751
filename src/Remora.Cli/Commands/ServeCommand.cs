using System.CommandLine;
using Microsoft.Extensions.Logging;
using Remora.Backtest;
using Remora.Client;
using Remora.Feeds.Time;
using Remora.Sandbox;
using Remora.Server;
using Remora.Server.Settings;
using Remora.Server.Storage;

namespace Remora.Cli.Commands;

/// <summary><c>remora serve</c>: runs the service with real exchanges or a sandbox.</summary>
internal static class ServeCommand
{
    private const int MarketsNamed = 10;

    public static Command Create()
    {
        var service = new ServiceOptionSet();
        var world = new SandboxOptionSet();
        var sandbox = new Option<string?>("--sandbox")
        {
            Description =
                "Use a sandbox instead of real exchanges and sources: a new one, or with a value the running one at "
                + "this address",
            Arity = ArgumentArity.ZeroOrOne,
            HelpName = "URL",
        };
        var command = new Command(
            "serve",
            "Runs the service: it tracks markets and serves assessments at /api/v1/risk."
        );
        var followed = new BotOptionSet(
            "--follow",
            "Also track the pairs in the whitelist of this Freqtrade bot, for example http://127.0.0.1:8080; repeatable"
        );
        foreach (var option in service.All.Concat(followed.All))
            command.Options.Add(option);
        command.Options.Add(sandbox);
        foreach (var option in world.All)
            command.Options.Add(option);
        command.SetAction(
            async (parsed, cancellation) =>
            {
                try
                {
                    var flags = new List<KeyValuePair<string, string>>();
                    if (parsed.GetResult(sandbox) is not null)
                        flags.Add(
                            parsed.GetValue(sandbox) is { } url ? new("sandbox-url", url) : new("sandbox", "true")
                        );
                    var given = world.Given(parsed).ToList();
                    if (given.Contains("--speed"))
                        flags.Add(new("speed", world.SpeedOf(parsed).ToString()));
                    var read = service.ReadWithTexts(parsed, flags);
                    var settings = read.Settings;
                    var bots = followed.Read(parsed, out var error);
                    if (error is not null)
                        return Terminal.Fail(error, ExitCode.Usage);
                    settings = settings with
                    {
                        Freqtrade =
                        [
                            .. settings.Freqtrade,
                            .. bots.Select(bot => bot with { Lock = false, Follow = true }),
                        ],
                    };
                    if (given.Count > 0 && !settings.Sandbox)
                        return Terminal.Fail($"{given[0]} requires --sandbox", ExitCode.Usage);
                    if (given.Count > 0 && settings.SandboxUrl is { } running)
                        return Terminal.Fail(
                            $"{given[0]} does not apply to the sandbox at {running}: use it with 'remora sandbox'",
                            ExitCode.Usage
                        );
                    return await RunAsync(
                        settings,
                        read,
                        () => service.ReadWithTexts(parsed, flags),
                        service.ConfigFile(parsed, ServiceOptionSet.Variables()),
                        parsed,
                        world,
                        cancellation
                    );
                }
                catch (SettingsException e)
                {
                    foreach (var error in e.Errors)
                        Console.Error.WriteLine("remora: " + error);
                    return ExitCode.Usage;
                }
                catch (Exception e) when (e is BacktestException or SandboxOptionException)
                {
                    return Terminal.Fail(e.Message, ExitCode.Usage);
                }
                catch (SandboxUnreachableException e)
                {
                    return Terminal.Fail(e.Message, ExitCode.Unavailable);
                }
                catch (IOException e)
                {
                    return Terminal.Fail(
                        $"cannot listen: {e.Message}. Choose another port with --port.",
                        ExitCode.Unavailable
                    );
                }
            }
        );
        return command;
    }

    private static async Task<int> RunAsync(
        ServiceSettings settings,
        SettingsReading read,
        Func<SettingsReading> readAgain,
        string? config,
        ParseResult parsed,
        SandboxOptionSet world,
        CancellationToken cancellation
    )
    {
        var threshold = new LogThreshold(settings.LogLevel);
        using var log = ConsoleLog.Create(settings, threshold);
        var supervisor = LoggedSupervisor.Create(log);
        await using var sandbox = settings.Sandbox
            ? await ServiceSandbox.StartAsync(settings, parsed, world, cancellation)
            : null;
        settings = FolderPolicy.Keep(settings, ServiceStore.KeptFolderOf(settings));
        var (clock, notice) = (sandbox?.Clock ?? TimeProvider.System, sandbox?.Notice);
        await using var store = ServiceStore.Open(settings, clock, log, supervisor, config);
        using var record = store is null ? null : new MarketRecord(store.Session, clock);
        await using var outside = OutsideWorld.Connect(
            settings,
            clock,
            notice,
            record,
            log,
            supervisor,
            ServiceStore.KeptFolderOf(settings) is { } kept ? Path.Combine(kept, "states") : null
        );
        var live = new LiveSettings(settings);
        var reload = new SettingsReload(live, read, readAgain, now => threshold.Level = now.LogLevel, log);
        using var hangup = Shutdown.OnHangup(reload);
        await using var service = await ServiceHost.StartAsync(
            settings,
            outside.Parts with
            {
                Live = live,
                Reload = reload,
                Observe = store is null ? [] : [store.Meter.Register],
            },
            clock,
            cancellation
        );
        PrintStart(service.Url, settings, notice, store);
        using var stop = cancellation.Register(service.Stop);
        using var marking = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var marked = sandbox?.UpdateMarkAsync(supervisor, marking.Token) ?? Task.CompletedTask;
        var reporter = supervisor.RunAsync("log of feeds", new FeedReporter(outside.Parts).RunAsync, cancellation);
        await service.Completion;
        await marking.CancelAsync(); // rows that are still recorded do not depend on its clock
        await marked;
        store?.Stop(); // runs while the bridge stops; both share the rest of five seconds
        await reporter;
        return ExitCode.Ok;
    }

    private static void PrintStart(string url, ServiceSettings settings, SandboxNotice? notice, ServiceStore? store)
    {
        var first = settings.TrackedMarkets[0].Id;
        var more = settings.TrackedMarkets.Count - MarketsNamed;
        var markets = string.Join(", ", settings.TrackedMarkets.Take(MarketsNamed).Select(market => market.Id));
        var others = more > 0 ? $" and {more} more" : "";
        Console.Error.WriteLine($"remora answers at {url}, tracking {markets}{others}");
        foreach (var bot in settings.Freqtrade.Where(bot => bot.Follow))
            Console.Error.WriteLine($"follow:   the whitelist of {bot}, up to {settings.MaxAddedPairs} more pairs");
        if (notice is not null)
            Console.Error.WriteLine(
                $"SANDBOX: prices are {notice.Origin}, time runs at {notice.Speed:0.###} times real time, faults on "
                    + $"demand at {notice.Url}/sandbox"
            );
        var where = url == RemoraClientOptions.DefaultUrl ? "" : " --url " + url;
        Console.Error.WriteLine(
            $"try:      curl '{url}/api/v1/risk?pair={first.Pair}'   or   remora ask {first.Pair}{where}"
        );
        Console.Error.WriteLine($"store:    {store?.Place ?? "none"}");
        Console.Error.WriteLine($"docs:     {url}/reference   stop: Ctrl+C");
    }
}
