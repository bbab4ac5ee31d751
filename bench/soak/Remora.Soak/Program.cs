using System.Globalization;
using Remora.Soak;

// Arguments: the command line's program, minutes, sandbox seconds per second, requests a second,
// stream readers, seed.
if (args.Length != 6)
{
    Console.Error.WriteLine("usage: REMORA_CLI_DLL MINUTES SPEED REQUESTS_PER_SECOND READERS SEED");
    return 2;
}
double Number(int i) => double.Parse(args[i], CultureInfo.InvariantCulture);
return await new SoakRun(
    args[0],
    TimeSpan.FromMinutes(Number(1)),
    Number(2),
    Number(3),
    (int)Number(4),
    (int)Number(5)
).RunAsync()
    ? 0
    : 1;
