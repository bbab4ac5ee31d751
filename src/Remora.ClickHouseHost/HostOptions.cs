using System.Globalization;

namespace Remora.ClickHouseHost;

/// <summary>The command line options of the host.</summary>
internal sealed record HostOptions
{
    public const string Usage = """
        Remora.ClickHouseHost --path FOLDER [options]
          --path FOLDER       data folder; created if it is missing
          --socket FILE       unix socket to listen on (default: FOLDER/clickhouse.sock)
          --port N            additional loopback port for the read-only user 'remora' (0: any free port); requires --password-stdin
          --password-stdin    read the password of the user 'remora' from the first line of standard input
          --database NAME     database that the user 'remora' can read (default: remora)
          --memory SIZE       maximum memory of the engine, for example 800M or 4G (default: a quarter of the machine's, at least 1G)
          --concurrency N     maximum number of concurrent queries; others wait (default: 16)
          --libchdb FILE      library of the engine (default: REMORA_LIBCHDB, or the nearest node_modules)
          --read FOLDER       additional folder or file that SQL can read, for example for imports; repeatable
          --write FOLDER      additional folder that SQL can read and write, for example for backups; repeatable
          --check             open the folder, check that engine and runtime work together, print the version, and exit
          --standalone        keep running when standard input closes
        """;

    private const long Gigabyte = 1L << 30;

    public required string Path { get; init; }

    public string? Socket { get; init; }

    public int? Port { get; init; }

    public long Memory { get; init; } = Math.Max(Gigabyte, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4);

    public int Concurrency { get; init; } = 16;

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

    public bool Check { get; init; }

    public static HostOptions Parse(IReadOnlyList<string> arguments)
    {
        var options = new HostOptions { Path = "" };
        for (var i = 0; i < arguments.Count; i++)
        {
            var name = arguments[i];
            if (name is "--standalone" or "--check" or "--password-stdin")
            {
                options = name switch
                {
                    "--standalone" => options with { Standalone = true },
                    "--check" => options with { Check = true },
                    _ => options with { PasswordOnInput = true },
                };
                continue;
            }
            if (i + 1 == arguments.Count)
                throw new HostException($"{name} requires a value\n{Usage}");
            var value = arguments[++i];
            options = name switch
            {
                "--path" => options with { Path = value },
                "--socket" => options with { Socket = value },
                "--port" => options with { Port = Whole(name, value, 0, 65535) },
                "--memory" => options with { Memory = Size(name, value) },
                "--concurrency" => options with { Concurrency = Whole(name, value, 1, 1000) },
                "--libchdb" => options with { Library = value },
                "--database" => options with { Database = value },
                "--read" => options with { Read = [.. options.Read, value] },
                "--write" => options with { Write = [.. options.Write, value] },
                "--confinement" => options with { Confinement = value },
                _ => throw new HostException($"'{name}' is not an option\n{Usage}"),
            };
        }
        if (options.Path.Length == 0)
            throw new HostException("--path is missing\n" + Usage);
        if (options.Port is not null && !options.PasswordOnInput)
            throw new HostException("--port requires --password-stdin\n" + Usage);
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
