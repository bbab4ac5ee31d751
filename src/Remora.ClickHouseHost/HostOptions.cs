using System.Globalization;

namespace Remora.ClickHouseHost;

/// <summary>The command line options of the host.</summary>
internal sealed record HostOptions
{
    public const string Usage = """
        Remora.ClickHouseHost --path FOLDER [options]
          --path FOLDER       data folder; created if it is missing
          --port N            loopback port of the HTTP interface (default: any free port)
          --native-port N     loopback port of the native interface, 0 for any free port (default: none)
          --connect PORT      TCP port to which SQL can connect, as with remote(); repeatable (default: none)
          --password-stdin    read the password of the user 'remora', who only reads, from the first line of standard input
          --database NAME     database that the user 'remora' can read (default: remora)
          --memory SIZE       maximum memory of the engine, for example 800M or 4G (default: a quarter of the machine's, at least 1G)
          --concurrency N     maximum number of concurrent queries (default: 100)
          --libchdb FILE      library of the engine (default: REMORA_LIBCHDB, or the nearest node_modules)
          --read FOLDER       additional folder or file that SQL can read, for example for imports; repeatable
          --write FOLDER      additional folder that SQL can read and write, for example for backups; repeatable
          --standalone        keep running when standard input closes
        """;

    private const long Gigabyte = 1L << 30;

    public required string Path { get; init; }

    public int? Port { get; init; }

    /// <summary>The port of the native interface; null for none.</summary>
    public int? NativePort { get; init; }

    /// <summary>The TCP ports to which SQL can connect, of any host.</summary>
    public IReadOnlyList<int> ConnectPorts { get; init; } = [];

    public long Memory { get; init; } = Math.Max(Gigabyte, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4);

    public int Concurrency { get; init; } = 100;

    public string? Library { get; init; } = Environment.GetEnvironmentVariable("REMORA_LIBCHDB");

    public string Database { get; init; } = "remora";

    public bool PasswordOnInput { get; init; }

    public IReadOnlyList<string> Read { get; init; } = [];

    public IReadOnlyList<string> Write { get; init; } = [];

    /// <summary>
    /// Null before <see cref="ClickHouseHost.Confinement.Enter"/>; then what is not confined, or
    /// empty.
    /// </summary>
    public string? Confinement { get; init; }

    public bool Standalone { get; init; }

    /// <summary>
    /// The files of <see cref="Native.Terminal"/>; null before
    /// <see cref="ClickHouseHost.Confinement.Enter"/>.
    /// </summary>
    public string? Terminal { get; init; }

    public static HostOptions Parse(IReadOnlyList<string> arguments)
    {
        var options = new HostOptions { Path = "" };
        for (var i = 0; i < arguments.Count; i++)
        {
            var name = arguments[i];
            if (name is "--standalone" or "--password-stdin")
            {
                options =
                    name == "--standalone"
                        ? options with
                        {
                            Standalone = true,
                        }
                        : options with
                        {
                            PasswordOnInput = true,
                        };
                continue;
            }
            if (i + 1 == arguments.Count)
                throw new HostException($"{name} requires a value\n{Usage}");
            var value = arguments[++i];
            options = name switch
            {
                "--path" => options with { Path = value },
                "--port" => options with { Port = Whole(name, value, 0, 65535) },
                "--native-port" => options with { NativePort = Whole(name, value, 0, 65535) },
                "--connect" => options with { ConnectPorts = [.. options.ConnectPorts, Whole(name, value, 1, 65535)] },
                "--memory" => options with { Memory = Size(name, value) },
                "--concurrency" => options with { Concurrency = Whole(name, value, 1, 1000) },
                "--libchdb" => options with { Library = value },
                "--database" => options with { Database = value },
                "--read" => options with { Read = [.. options.Read, value] },
                "--write" => options with { Write = [.. options.Write, value] },
                "--terminal" => options with { Terminal = value },
                "--confinement" => options with { Confinement = value },
                _ => throw new HostException($"'{name}' is not an option\n{Usage}"),
            };
        }
        if (options.Path.Length == 0)
            throw new HostException("--path is missing\n" + Usage);
        return options;
    }

    private static int Whole(string name, string value, int least, int most) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        && number >= least
        && number <= most
            ? number
            : throw new HostException($"{name} '{value}': expected a number from {least} to {most}");

    private static long Size(string name, string value)
    {
        var unit =
            value.Length == 0
                ? 0
                : char.ToUpperInvariant(value[^1]) switch
                {
                    'K' => 1L << 10,
                    'M' => 1L << 20,
                    'G' => Gigabyte,
                    _ => 1,
                };
        var digits = unit > 1 ? value[..^1] : value;
        return
            long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number > 0
            && number < long.MaxValue / unit
            ? number * unit
            : throw new HostException($"{name} '{value}': expected a size such as 800M or 4G");
    }
}
