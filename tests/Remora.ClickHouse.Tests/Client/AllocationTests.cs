namespace Remora.ClickHouse.Tests.Client;

/// <summary>
/// Tests what the client allocates. Runs alone, because it counts the whole process.
/// </summary>
[Collection<Alone>]
public sealed class AllocationTests(Engine engine)
{
    private const int Batches = 10;
    private const int Queries = 50;
    private const long Most = 10 * 1024;

    /// <summary>Tests that run without others beside them.</summary>
    [CollectionDefinition(DisableParallelization = true)]
    public sealed class Alone;

    [Fact]
    public async Task A_small_query_allocates_less_than_10_KB()
    {
        var client = engine.Embedded.Client;
        var least = long.MaxValue;
        for (var batch = 0; batch < Batches; batch++) // the first one compiles and fills pools
        {
            var before = GC.GetTotalAllocatedBytes(precise: true);
            for (var i = 0; i < Queries; i++)
                Assert.Equal(1, await client.SingleAsync("SELECT 1", row => row.UInt8()));
            least = Math.Min(least, (GC.GetTotalAllocatedBytes(precise: true) - before) / Queries);
        }
        Assert.InRange(least, 1, Most);
    }
}
