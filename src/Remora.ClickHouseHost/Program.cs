using System.Text.Json;
using Remora.ClickHouseHost;

try
{
    var options = HostOptions.Parse(args);
    if (options.Confinement is null)
        Confinement.Enter(options); // continues in a new process image
    // Calls of the engine and reads of its pipes block, so the thread pool must not add threads one
    // at a time.
    ThreadPool.SetMinThreads(64, 16);
    if (options.Check)
    {
        await Console.Out.WriteLineAsync(SelfCheck.Run(options));
        return 0;
    }
    await using var host = await Host.StartAsync(options);
    var ready = JsonSerializer.Serialize(host.Endpoint, EndpointJson.Default.HostEndpoint);
    await Console.Out.WriteLineAsync(ready);
    await host.WaitForStopAsync();
    return 0;
}
catch (HostException e)
{
    await Console.Error.WriteLineAsync("clickhouse host: " + e.Message);
    return 3;
}
