using System.Text;
using System.Text.Json;

namespace Remora.ClickHouseHost;

/// <summary>
/// The folder of a host: <c>store/</c> with the data, <c>log/</c>, <c>desk/</c>, <c>lock</c>, and
/// while it runs <c>endpoint</c>.
/// </summary>
internal static class HostFolder
{
    /// <summary>The parts of the folder that the engine can read.</summary>
    public static readonly string[] OfTheEngine = ["store", "log", "desk", "conf"];

    // Of versions before 0.2, whose host had an HTTP interface of its own
    private static readonly string[] Old = ["pipes", "clickhouse.sock"];

    /// <exception cref="HostException">The folder cannot be created.</exception>
    public static string Make(string path)
    {
        try
        {
            return Directory
                .CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute)
                .FullName;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HostException($"'{path}' cannot be created: {e.Message}");
        }
    }

    public static string EndpointFile(string folder) => Path.Combine(folder, "endpoint");

    /// <summary>Removes what a host that was killed, or of an older version, left.</summary>
    public static void RemoveLeftovers(string folder)
    {
        File.Delete(EndpointFile(folder));
        foreach (var path in Old.Select(name => Path.Combine(folder, name)))
            if (Directory.Exists(path))
                Directory.Delete(path, recursive: true);
            else
                File.Delete(path);
    }

    /// <summary>Writes the endpoint file, readable for the owner only.</summary>
    public static void Publish(string folder, string endpoint)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        var beside = EndpointFile(folder) + ".new";
        File.Delete(beside);
        using (var file = new StreamWriter(beside, options))
            file.Write(endpoint);
        File.Move(beside, EndpointFile(folder), overwrite: true);
    }
}
