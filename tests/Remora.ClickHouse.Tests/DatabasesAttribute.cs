using System.Collections.Concurrent;
using System.Reflection;
using Remora.ClickHouse.Embedded;
using Remora.ClickHouse.Tests;
using Xunit.v3;

[assembly: Databases]

namespace Remora.ClickHouse.Tests;

/// <summary>
/// Drops the databases of each test when it has ended, because an engine uses a quarter of a core
/// for a thousand idle tables. Databases that a fixture creates remain.
/// </summary>
[AttributeUsage(AttributeTargets.Assembly)]
internal sealed class DatabasesAttribute : BeforeAfterTestAttribute
{
    private static readonly ConcurrentDictionary<string, ConcurrentQueue<(EmbeddedEngine, string)>> Created = new(
        StringComparer.Ordinal
    );

    // No test ends the machine, and a store has a hundred files of metadata.
    private static readonly Dictionary<string, string> Settings = new() { ["fsync_metadata"] = "0" };

    private static int _count;

    /// <summary>Returns a client of a new, empty database of the running test.</summary>
    /// <param name="isShared">True to keep it for other tests.</param>
    public static async Task<ClickHouseClient> NewAsync(EmbeddedEngine engine, bool isShared = false)
    {
        var name = $"test_{Interlocked.Increment(ref _count)}";
        await engine.Client.ExecuteAsync($"CREATE DATABASE {name}");
        if (!isShared && TestContext.Current.Test is { } test)
            Created.GetOrAdd(test.UniqueID, _ => new()).Enqueue((engine, name));
        return new(
            new()
            {
                Engine = () => engine.Endpoint,
                Database = name,
                Settings = Settings,
            }
        );
    }

    public override void After(MethodInfo methodUnderTest, IXunitTest test)
    {
        if (!Created.TryRemove(test.UniqueID, out var databases))
            return;
        foreach (var (engine, name) in databases)
            engine.Client.ExecuteAsync($"DROP DATABASE IF EXISTS {name}").GetAwaiter().GetResult();
    }
}
