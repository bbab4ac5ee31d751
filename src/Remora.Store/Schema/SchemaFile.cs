using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Remora.Store.Schema;

/// <summary>One step of the schema, as it is shipped: <c>0001-markets.sql</c>.</summary>
/// <param name="Version">Its number; they are run in this order, without a gap.</param>
/// <param name="Name">The file.</param>
/// <param name="Text">Its text.</param>
internal sealed record SchemaFile(int Version, string Name, string Text)
{
    /// <summary>Identifies the text.</summary>
    public string Hash => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Text.ReplaceLineEndings("\n"))))[..16];

    /// <summary>All steps that this program knows.</summary>
    public static IReadOnlyList<SchemaFile> All { get; } =
        [.. Shipped.Files("Schema").Select(file => new SchemaFile(int.Parse(file.Name.AsSpan(0, 4), NumberStyles.None, CultureInfo.InvariantCulture), file.Name, file.Text)).OrderBy(file => file.Version)];
}
