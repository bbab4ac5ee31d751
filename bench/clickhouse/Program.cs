// Measures the embedded engine and its rollups on this machine, and kills the engine under load.
// Run it on an idle machine.
//   dotnet run -c Release --project bench/clickhouse                 speed and soak, with defaults
//   dotnet run -c Release --project bench/clickhouse -- speed 20000000
//   dotnet run -c Release --project bench/clickhouse -- soak 50
//   dotnet run -c Release --project bench/clickhouse -- clients 1000000  beside ClickHouse.Driver
//   dotnet run -c Release --project bench/clickhouse -- storm 20         small inserts, by settings
using System.Globalization;
using Remora.ClickHouse.Bench;

var what = args.Length > 0 ? args[0] : "all";
var size = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : (int?)null;
if (what is "all" or "speed")
    await Speed.RunAsync(size ?? 5_000_000);
if (what is "all" or "soak")
    await Soak.RunAsync(size ?? 50);
if (what == "clients")
    await Clients.RunAsync(size ?? 1_000_000);
if (what == "storm")
    await Storm.RunAsync(size ?? 20);
if (what is not ("all" or "speed" or "soak" or "clients" or "storm"))
    Console.Error.WriteLine("usage: [speed|soak|clients|storm] [SIZE]");
