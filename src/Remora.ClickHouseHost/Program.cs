using Remora.ClickHouseHost;
using Remora.ClickHouseHost.Native;

try
{
    var options = HostOptions.Parse(args);
    if (options.Terminal is null)
        Confinement.Enter(options, Terminal.Open()); // continues in a new process image
    new Host(options, Terminal.Parse(options.Terminal!)).Run();
    return 0;
}
catch (HostException e)
{
    await Console.Error.WriteLineAsync("clickhouse host: " + e.Message);
    return 3;
}
