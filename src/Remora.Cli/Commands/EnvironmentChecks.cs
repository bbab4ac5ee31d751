using Remora.Sandbox;
using Remora.Server.Access;
using Remora.Server.Settings;

namespace Remora.Cli.Commands;

/// <summary>The checks of <c>remora doctor</c> on this machine other than programs.</summary>
internal static class EnvironmentChecks
{
    private const long LeastFree = 1L << 30;

    /// <summary>Checks whether the data folder is writable, and its free space.</summary>
    public static Finding DataFolder(ServiceSettings settings)
    {
        try
        {
            Directory.CreateDirectory(settings.DataFolder);
            var probe = Path.Combine(settings.DataFolder, $".probe-{Environment.ProcessId}");
            File.WriteAllText(probe, "");
            File.Delete(probe);
            var free = new DriveInfo(Path.GetFullPath(settings.DataFolder)).AvailableFreeSpace;
            return new(
                "data folder",
                free < LeastFree ? null : true,
                $"{settings.DataFolder}, {free / (double)(1L << 30):0.0} GiB free"
            );
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return new(
                "data folder",
                false,
                $"{settings.DataFolder} cannot be written to ({e.Message}): choose another with --data"
            );
        }
    }

    /// <summary>
    /// Checks the sandbox whose store is in the data folder; empty if there is none.
    /// </summary>
    public static IEnumerable<Finding> SandboxFolder(ServiceSettings settings)
    {
        var folder = ServiceStore.SandboxFolder(settings.DataFolder);
        Finding? finding = null;
        try
        {
            if (SandboxMark.Open(folder).World is { } world)
                finding = new("sandbox folder", true, $"{folder}: {world.Options}, up to {world.Until}");
        }
        catch (SandboxOptionException e)
        {
            finding = new("sandbox folder", false, e.Message);
        }
        return finding is null ? [] : [finding];
    }

    /// <summary>Checks the number of keys and the permissions of their file.</summary>
    public static Finding Keys(ServiceSettings settings)
    {
        const UnixFileMode others =
            UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
        var file = new KeyFile(settings.DataFolder);
        try
        {
            var count = file.Read().Count;
            if (count == 0)
                return new("keys", true, "none; not required on a loopback address");
            if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(file.Path) & others) != UnixFileMode.None)
                return new(
                    "keys",
                    false,
                    $"other users can access {file.Path}: run 'chmod 600 {file.Path}', and rotate the keys if the "
                        + $"file may have been changed"
                );
            return new("keys", true, $"{count} in {file.Path}");
        }
        catch (KeyFileException e)
        {
            return new("keys", false, e.Message);
        }
    }

    /// <summary>
    /// Checks whether the limit of open files allows the connections of the settings.
    /// </summary>
    public static Finding OpenFiles(ServiceSettings settings)
    {
        if (OpenFileLimit.Current() is not { } limit)
            return new("open files", null, "no limit, or unknown on this system");
        var connections = OpenFileLimit.Connections(limit, settings.MaxConnections);
        return connections == settings.MaxConnections
            ? new("open files", true, $"up to {limit}")
            : new(
                "open files",
                null,
                $"up to {limit}, room for {connections} connections, fewer than max_connections "
                    + $"({settings.MaxConnections}): raise LimitNOFILE of the systemd unit, or 'ulimit -n'"
            );
    }
}
