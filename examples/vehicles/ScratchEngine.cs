using Remora.ClickHouse;
using Remora.ClickHouse.Embedded;

namespace Remora.Vehicles;

/// <summary>An engine on a temporary folder, which is deleted at the end.</summary>
internal sealed class ScratchEngine : IAsyncDisposable
{
    private readonly string _folder;

    private ScratchEngine(EmbeddedEngine engine, string folder) => (Engine, _folder) = (engine, folder);

    public EmbeddedEngine Engine { get; }

    public ClickHouseClient Client => Engine.Client;

    public static async Task<ScratchEngine> StartAsync(CancellationToken cancellation)
    {
        var folder = Directory.CreateTempSubdirectory("remora-vehicles-").FullName;
        try
        {
            return new(await EmbeddedEngine.StartAsync(new() { Folder = folder }, cancellation: cancellation), folder);
        }
        catch
        {
            Directory.Delete(folder, recursive: true);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Engine.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
