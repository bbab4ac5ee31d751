using System.CommandLine;
using Microsoft.Extensions.Logging;
using Remora.Bots;
using Remora.Bots.Freqtrade;
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
        var bots = new Option<Uri[]>("--freqtrade")
        {
            Description = "Address of a bot's REST API, for example http://127.0.0.1:8080; repeatable",
            HelpName = "URL",
            Required = true,
            CustomParser = result =>
                [
                    .. result.Tokens.Select(token =>
                    {
                        if (
                            Uri.TryCreate(token.Value, UriKind.Absolute, out var url)
                            && url.Scheme is "http" or "https"
                            && url.UserInfo.Length == 0
                        )
                            return url;
                        result.AddError(
                            "--freqtrade: expected an address such as http://127.0.0.1:8080, without user and password"
                        );
                        return null!;
                    }),
                ],
        };
        var user = new Option<string>("--user") { Description = "User name of the bots' api_server", Required = true };
        var password = new Option<string>("--password-env")
        {
            Description = "Environment variable that contains the password",
            HelpName = "NAME",
            DefaultValueFactory = _ => "FREQTRADE_PASSWORD",
        };
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
            bots,
            user,
            password,
            interval,
        };
        service.AddTo(command);
        command.SetAction(
            async (parsed, cancellation) =>
            {
                var variable = parsed.GetValue(password)!;
                if (Environment.GetEnvironmentVariable(variable) is not { Length: > 0 } secret)
                    return Terminal.Fail(
                        $"the environment variable {variable} is not set: set it to the password, or name another "
                            + $"variable with --password-env",
                        ExitCode.Usage
                    );
                var options = new RemoraClientOptions
                {
                    CacheFor = TimeSpan.Zero,
                    BreakerPeriod = TimeSpan.FromSeconds(2),
                };
                try
                {
                    (options.Url, options.ApiKey) = (service.UrlOf(parsed).ToString(), service.KeyOf(parsed));
                }
                catch (ServiceException e)
                {
                    return Terminal.Fail(e.Message, e.ExitCode);
                }
                using var log = ConsoleLog.Create();
                using var client = new RemoraClient(options, log.CreateLogger<RemoraClient>());
                var verdicts = new VerdictBoard();
                var all = parsed
                    .GetValue(bots)!
                    .Select(bot => new FreqtradeBot(bot, parsed.GetValue(user)!, secret))
                    .ToList();
                Console.Error.WriteLine(
                    $"maintaining locks in {string.Join(", ", all)} for the service at {client.Url}; stop: Ctrl+C"
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
