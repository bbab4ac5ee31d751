namespace Remora.Store;

/// <summary>The SQL files that are embedded in the assembly.</summary>
internal static class Shipped
{
    public static IEnumerable<(string Name, string Text)> Files(string folder)
    {
        var assembly = typeof(Shipped).Assembly;
        foreach (
            var resource in assembly
                .GetManifestResourceNames()
                .Where(name => name.StartsWith(folder + "/", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal)
        )
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!);
            yield return (resource[(folder.Length + 1)..], reader.ReadToEnd());
        }
    }
}
