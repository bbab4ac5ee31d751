using Remora.ClickHouseHost.Engine;
using Remora.ClickHouseHost.Native;

namespace Remora.ClickHouseHost;

/// <summary>
/// Verifies on this machine that the runtime still receives its own signals while the engine is
/// open with several connections. Otherwise a null dereference would end the process instead of
/// throwing.
/// </summary>
internal static class SelfCheck
{
    private const int Connections = 8;

    public static string Run(HostOptions options)
    {
        var folder = Directory.CreateDirectory(Path.Combine(options.Path, "store")).FullName;
        var engine = EmbeddedClickHouse.Open(ChdbLibrary.Find(options.Library), folder, options.Memory, Connections);
        for (var i = 0; i < Connections; i++)
        {
            var session = engine.BeginAsync($"check-{i}", CancellationToken.None).GetAwaiter().GetResult();
            session.RunText("SELECT sum(number) FROM numbers(100000)");
            ProvokeNullReference();
            engine.End($"check-{i}", session);
            ProvokeNullReference();
        }
        engine.Dispose();
        return engine.Version;
    }

    private static void ProvokeNullReference()
    {
        string? nothing = null;
        try
        {
            _ = nothing!.Length;
        }
        catch (NullReferenceException)
        {
            return;
        }
        throw new HostException("a null dereference did not raise an exception");
    }
}
