using System.CommandLine;
using Remora.Backtest;
using Remora.Sandbox;

namespace Remora.Cli.Commands;

/// <summary>
/// <c>remora sandbox</c>: a local server with the wire formats of real exchanges.
/// </summary>
internal static class SandboxCommand
{
    private const int DefaultPort = 8100;

    public static Command Create()
    {
        var port = new Option<int>("--port")
        {
            Description = "Port on the loopback address",
            DefaultValueFactory = _ => DefaultPort,
        };
        var world = new SandboxOptionSet();
        var command = new Command(
            "sandbox",
            "Runs a local server that simulates or replays markets with the APIs of Binance, Kraken, Coinbase, "
                + "Bybit and OKX, with faults on request."
        )
        {
            port,
        };
        foreach (var option in world.All)
            command.Options.Add(option);
        command.SetAction(
            async (parsed, cancellation) =>
            {
                try
                {
                    var (server, clock, _) = await world.StartAsync(
                        parsed,
                        parsed.GetValue(port),
                        world.SpeedOf(parsed),
                        pairs: null,
                        mark: null,
                        cancellation
                    );
                    await using var running = server;
                    Console.Error.WriteLine(
                        $"sandbox at {server.Url}, its clock shows {clock.GetUtcNow():yyyy-MM-dd HH:mm:ss}Z and "
                            + $"runs at {clock.Speed:0.###} times real time"
                    );
                    Console.Error.WriteLine(
                        $"control page: {server.Url}/sandbox    a service on it: remora serve --sandbox "
                            + $"{server.Url}    Ctrl+C stops it"
                    );
                    await Shutdown.WaitAsync(cancellation);
                    return ExitCode.Ok;
                }
                catch (Exception e) when (e is BacktestException or SandboxOptionException)
                {
                    return Terminal.Fail(e.Message, ExitCode.Usage);
                }
                catch (IOException e)
                {
                    return Terminal.Fail($"--port {parsed.GetValue(port)}: {e.Message}", ExitCode.Unavailable);
                }
            }
        );
        return command;
    }
}
