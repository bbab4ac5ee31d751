using System.CommandLine;
using Microsoft.Extensions.Logging;
using Remora.Bots;
using Remora.Client;

namespace Remora.Cli.Commands;

/// <summary>
/// <c>remora locks</c>: keeps locks in Freqtrade bots while pairs are unsafe, in a process of its
/// own.
/// </summary>
internal static class LocksCommand
{
    public static Command Create()
    {
        var bots = new BotOptionSet(
            "--freqtrade",
            "Address of a bot's REST API, for example http://127.0.0.1:8080; repeatable"
        );
        var service = new RunningServiceOptionSet();
        var interval = new Option<double>("--interval")
        {
            Description = "Seconds between requests to the service without change events",
            DefaultValueFactory = _ => 5,
        };
        interval.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<double>() is not (>= 0.1 and <= 60))
                result.AddError("--interval: expected 0.1 to 60 seconds");
        });
        var command = new Command(
            "locks",
            "Places and renews pair locks in Freqtrade bots while a pair is not safe. The locks expire after this "
                + "command ends."
        )
        {
            interval,
        };
        foreach (var option in bots.All)
            command.Options.Add(option);
        bots.All[0].Required = bots.All[1].Required = true;
        service.AddTo(command);
        command.SetAction(
            async (parsed, cancellation) =>
            {
                var all = bots.Read(parsed, out var error);
                if (error is not null)
                    return Terminal.Fail(error, ExitCode.Usage);
                var options = new RemoraClientOptions
                {
                    CacheFor = TimeSpan.Zero,
                    BreakerPeriod = TimeSpan.FromSeconds(2),
                };
                try
                {
                    (options.Url, options.ApiKey) = (string.Join(',', service.UrlsOf(parsed)), service.KeyOf(parsed));
                }
                catch (ServiceException e)
                {
                    return Terminal.Fail(e.Message, e.ExitCode);
                }
                using var log = ConsoleLog.Create();
                using var client = new RemoraClient(options, log.CreateLogger<RemoraClient>());
                var verdicts = new VerdictBoard();
                Console.Error.WriteLine(
                    $"maintaining locks in {string.Join(", ", all)} for the service at "
                        + $"{options.Url.Replace(",", ", ")}; stop: Ctrl+C"
                );
                using var source = new RemoteVerdicts(
                    client,
                    verdicts,
                    TimeSpan.FromSeconds(parsed.GetValue(interval)),
                    TimeProvider.System,
                    log.CreateLogger<RemoteVerdicts>()
                );
                var supervisor = LoggedSupervisor.Create(log);
                await Task.WhenAll(
                    source.RunAsync(supervisor, cancellation),
                    new Notifiers(all, [], verdicts, TimeProvider.System, log).RunAsync(supervisor, cancellation)
                );
                return ExitCode.Ok;
            }
        );
        return command;
    }
}
