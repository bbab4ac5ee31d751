using System.Diagnostics;
using Remora.ClickHouse.Rollups;
using Remora.ClickHouse.Tests.Rollups;
using Remora.Testing;

namespace Remora.ClickHouse.Tests.Rollups;

/// <summary>
/// A cluster of two shards with two replicas each: the one of <c>REMORA_TEST_CLUSTER</c> (URLs of
/// its servers by shard and replica, separated by commas; the cluster's name is
/// <c>REMORA_TEST_CLUSTER_NAME</c>), or that of the rig in the shared folder. Without both, tests
/// are skipped.
/// </summary>
public sealed class TestCluster : IAsyncLifetime
{
    private const string Rig = "rigs/clickhouse-cluster/cluster";
    private static readonly string Folder = Path.Combine(Repository.Root, "artifacts", "cluster");
    private readonly Dictionary<string, string> _environment = new(StringComparer.Ordinal);
    private readonly List<ClickHouseClient> _clients = [];
    private string? _missing;
    private bool _isOurs;
    private int _databases;
    private FileStream? _lock;

    public async ValueTask InitializeAsync()
    {
        if (Environment.GetEnvironmentVariable("REMORA_TEST_CLUSTER") is { Length: > 0 } urls)
        {
            _environment["CLUSTER_URLS"] = urls;
            _environment["CLUSTER_NAME"] = Environment.GetEnvironmentVariable("REMORA_TEST_CLUSTER_NAME") ?? "remora";
            return;
        }
        var rig = Path.Combine(SharedData.Folder, Rig);
        var library = Path.Combine(Repository.Root, "node_modules/@chdb/lib-linux-x64-gnu/libchdb.so");
        if (!File.Exists(rig) || !File.Exists(library))
        {
            _missing = $"no cluster: set REMORA_TEST_CLUSTER, or provide {rig} and {library}";
            return;
        }
        _lock = await LockAsync();
        var (exit, output, error) = await RunAsync("up", Folder, "--lib", library);
        if (exit != 0)
        {
            _missing = "the rig did not start a cluster: " + error;
            return;
        }
        _isOurs = true;
        foreach (var line in output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            if (line.Split('=', 2) is [var name, var value])
                _environment[name] = value;
    }

    /// <summary>The servers, by shard and replica.</summary>
    public IReadOnlyList<Uri> Servers => [.. _environment["CLUSTER_URLS"].Split(',').Select(url => new Uri(url))];

    public string Name => _environment["CLUSTER_NAME"];

    public void Require() => Assert.SkipWhen(_missing is not null, _missing ?? "");

    public void RequireKills() =>
        Assert.SkipUnless(_isOurs, _missing ?? "the servers of REMORA_TEST_CLUSTER are not ours to kill");

    /// <summary>The password of the user; null for none.</summary>
    public string? Password =>
        _environment.GetValueOrDefault("CLUSTER_PASSWORD")
        ?? Environment.GetEnvironmentVariable(StoreLocation.PasswordVariable);

    /// <summary>Returns the value of <c>--clickhouse</c> for these servers in this order.</summary>
    public string Addresses(params int[] servers) =>
        string.Join(
            ',',
            servers.Select(server =>
                _environment.GetValueOrDefault("CLUSTER_USER") is { } user
                    ? new UriBuilder(Servers[server]) { UserName = user }
                        .Uri
                        .AbsoluteUri
                    : Servers[server].AbsoluteUri
            )
        );

    /// <summary>Returns the name of a database, which is dropped at the end.</summary>
    public string NewName()
    {
        Require();
        return NameOf(++_databases);
    }

    /// <summary>Creates a database.</summary>
    public async Task<string> NewDatabaseAsync()
    {
        var name = NewName();
        await Client("default").ExecuteAsync($"CREATE DATABASE {name} ON CLUSTER {Name}");
        return name;
    }

    /// <summary>Returns a client that uses these servers in this order; by default all.</summary>
    public ClickHouseClient Client(string database, params int[] servers)
    {
        List<Uri> urls = servers.Length == 0 ? [.. Servers] : [.. servers.Select(server => Servers[server])];
        var client = new ClickHouseClient(
            new()
            {
                Url = urls[0],
                Others = [.. urls.Skip(1)],
                User = _environment.GetValueOrDefault("CLUSTER_USER"),
                Password = Password,
                Database = database,
                Cluster = Name,
            }
        );
        _clients.Add(client);
        return client;
    }

    public async Task KillAsync(int server) => Assert.Equal(0, (await RunAsync("kill", Folder, Node(server))).Exit);

    /// <summary>Starts a server again; returns when it takes part in the cluster.</summary>
    public async Task StartAsync(int server)
    {
        Assert.Equal(0, (await RunAsync("start", Folder, Node(server))).Exit);
        var client = Client("default", server);
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                await client.ExecuteAsync($"DROP DATABASE IF EXISTS remora_test_ready ON CLUSTER {Name}");
                if (
                    await client.SingleAsync("SELECT countIf(is_readonly) FROM system.replicas", row => row.UInt64())
                    == 0
                )
                    return;
            }
            catch (ClickHouseException) when (attempt < 600)
            {
                // Its listeners start before the rest
            }
            Assert.True(attempt < 600, "the server is still read-only");
            await Task.Delay(100);
        }
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            foreach (var number in Enumerable.Range(1, _databases))
                await Client("default")
                    .ExecuteAsync($"DROP DATABASE IF EXISTS {NameOf(number)} ON CLUSTER {Name} SYNC");
        }
        finally
        {
            foreach (var client in _clients)
                client.Dispose();
            if (_isOurs)
                await RunAsync("down", Folder);
            if (_lock is not null)
                await _lock.DisposeAsync();
        }
    }

    // The tests of one project use the cluster at a time.
    private static async Task<FileStream> LockAsync()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Folder)!);
        while (true)
            try
            {
                return new(Folder + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException)
            {
                await Task.Delay(200);
            }
    }

    private static string NameOf(int database) => $"remora_test_{Environment.ProcessId}_{database}";

    private static string Node(int server) => $"s{(server / 2) + 1}r{(server % 2) + 1}";

    // Output goes to files: the servers inherit it and live on.
    private static async Task<(int Exit, string Output, string Error)> RunAsync(params string[] arguments)
    {
        var files = Directory.CreateTempSubdirectory("remora-test-");
        try
        {
            var (output, error) = (Path.Combine(files.FullName, "out"), Path.Combine(files.FullName, "err"));
            using var process = Process.Start(
                new ProcessStartInfo("bash")
                {
                    ArgumentList =
                    {
                        "-c",
                        "rig=$1 out=$2 err=$3; shift 3; exec \"$rig\" \"$@\" >\"$out\" 2>\"$err\" </dev/null",
                        "bash",
                        Path.Combine(SharedData.Folder, Rig),
                        output,
                        error,
                    },
                }.With(arguments)
            )!;
            await process.WaitForExitAsync();
            return (process.ExitCode, await File.ReadAllTextAsync(output), await File.ReadAllTextAsync(error));
        }
        finally
        {
            files.Delete(recursive: true);
        }
    }
}

file static class Arguments
{
    public static ProcessStartInfo With(this ProcessStartInfo start, IEnumerable<string> arguments)
    {
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        return start;
    }
}
