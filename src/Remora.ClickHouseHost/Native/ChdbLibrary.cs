namespace Remora.ClickHouseHost.Native;

/// <summary>Finds the library file.</summary>
internal static class ChdbLibrary
{
    private static readonly string InPackages = Path.Combine(
        "node_modules",
        "@chdb",
        "lib-linux-x64-gnu",
        "libchdb.so"
    );

    /// <summary>
    /// Returns the given file, or the one in the nearest node_modules above the program.
    /// </summary>
    public static string Find(string? named)
    {
        if (named is not null)
            return File.Exists(named)
                ? Path.GetFullPath(named)
                : throw new HostException($"the library '{named}' does not exist");
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var candidate = Path.Combine(folder.FullName, InPackages);
            if (File.Exists(candidate))
                return candidate;
        }
        throw new HostException(
            $"'{InPackages}' was not found in any folder above '{AppContext.BaseDirectory}': run 'npm ci', or set "
                + $"--libchdb to the file"
        );
    }
}
