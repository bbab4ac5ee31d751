using Remora.Testing;

namespace Remora.Store.Tests;

/// <summary>A store with a thousand assessments, for tests that only read.</summary>
public sealed class StoredPast(Engine engine) : IAsyncLifetime
{
    internal (MarketStore Store, List<Assessment> Assessments) Filled { get; private set; }

    public async ValueTask InitializeAsync() => Filled = await FillAsync(engine);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Returns a store of its own with the same assessments.</summary>
    internal static async Task<(MarketStore Store, List<Assessment> Assessments)> FillAsync(Engine engine)
    {
        var store = await engine.NewStoreAsync();
        using var scratch = new Scratch();
        await using var recorded = new Recorded(store, Recorded.Options(scratch.Folder));
        var assessments = Recorded.Assessments(Some.Btc, 1000);
        foreach (var assessment in assessments)
            recorded.Recorder.Assessment(assessment);
        await recorded.FlushAsync();
        return (store, assessments);
    }
}
