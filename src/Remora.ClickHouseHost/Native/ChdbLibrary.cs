using System.Runtime.InteropServices;

namespace Remora.ClickHouseHost.Native;

/// <summary>Finds the library file.</summary>
internal static class ChdbLibrary
{
    private const string FileName = "libchdb.so"; // on macOS too

    private static readonly string InPackages = Path.Combine("node_modules", "@chdb", Package, FileName);

    // The npm package of this platform. Windows has none.
    private static string Package =>
        (OperatingSystem.IsMacOS() ? "lib-darwin-" : "lib-linux-")
        + (RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "arm64" : "x64")
        + (OperatingSystem.IsMacOS() ? "" : "-gnu");

    /// <summary>
    /// Returns the given file; the one beside the program or in the folder above, where packages
    /// have it; or the one in the nearest node_modules above.
    /// </summary>
    public static string Find(string? named)
    {
        if (named is not null)
            return File.Exists(named)
                ? Path.GetFullPath(named)
                : throw new HostException($"the library '{named}' does not exist");
        var here = AppContext.BaseDirectory;
        foreach (var packaged in new[] { Path.Combine(here, FileName), Path.Combine(here, "..", FileName) })
            if (File.Exists(packaged))
                return Path.GetFullPath(packaged);
        for (var folder = new DirectoryInfo(here); folder is not null; folder = folder.Parent)
        {
            var candidate = Path.Combine(folder.FullName, InPackages);
            if (File.Exists(candidate))
                return candidate;
        }
        throw new HostException(
            $"'{FileName}' is not beside '{here}', and '{InPackages}' is in no folder above: run 'npm ci', or set "
                + $"--libchdb to the file"
        );
    }
}
