using System.Globalization;

namespace Remora.ClickHouseHost;

/// <summary>The command line options of the host.</summary>
internal sealed record HostOptions
{
    public const string Usage = """
        Remora.ClickHouseHost --path FOLDER [options]
          --path FOLDER       where the data is; made if it is missing
          --socket FILE       the unix socket to answer on (default: FOLDER/clickhouse.sock)
          --port N            also answer on this loopback port (0: any free one), for the user 'remora', who only reads; needs --password-stdin
          --password-stdin    the first line of standard input is the password of the user 'remora'
          --database NAME     the database that the user 'remora' reads (default: remora)
          --memory SIZE       the most memory the engine takes, such as 800M or 4G (default: a quarter of the machine's, at least 1G)
          --concurrency N     queries at a time; more wait (default 16)
          --libchdb FILE      the engine (default: REMORA_LIBCHDB, or the nearest node_modules)
          --read FOLDER       a further folder or file that SQL may read, such as one to import from; repeatable
          --write FOLDER      a further folder that SQL may read and write, such as one for backups; repeatable
          --check             open the folder, prove that engine and runtime live together, say the engine's version, and end
          --standalone        do not stop when standard input closes
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
            if (i + 1 == arguments.Count) throw new HostException($"{name} needs a value\n{Usage}");
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
        if (options.Path.Length == 0) throw new HostException("--path is missing\n" + Usage);
        if (options.Port is not null && !options.PasswordOnInput) throw new HostException("--port needs a password: give --password-stdin as well\n" + Usage);
        return options;
    }

    private static int Whole(string name, string value, int least, int most) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : throw new HostException($"{name} takes a number from {least} to {most}, not '{value}'");

    private static long Size(string name, string value)
    {
        var unit = value.Length == 0 ? 0 : char.ToUpperInvariant(value[^1]) switch { 'K' => 1L << 10, 'M' => 1L << 20, 'G' => Gigabyte, _ => 1 };
        var digits = unit > 1 ? value[..^1] : value;
        return long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 && number < long.MaxValue / unit
            ? number * unit
            : throw new HostException($"{name} takes a size such as 800M or 4G, not '{value}'");
    }
}
