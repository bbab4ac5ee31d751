using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Remora.Store.Schema;

/// <summary>One shipped step of the schema, for example <c>0001-markets.sql</c>.</summary>
/// <param name="Version">The number. Steps are applied in this order, without gaps.</param>
/// <param name="Name">The file name.</param>
/// <param name="Text">The text.</param>
internal sealed record SchemaFile(int Version, string Name, string Text)
{
    /// <summary>The hash of the text.</summary>
    public string Hash =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Text.ReplaceLineEndings("\n"))))[..16];

    /// <summary>All steps of this program.</summary>
    public static IReadOnlyList<SchemaFile> All { get; } =
    [
        .. Shipped
            .Files("Schema")
            .Select(file => new SchemaFile(
                int.Parse(file.Name.AsSpan(0, 4), NumberStyles.None, CultureInfo.InvariantCulture),
                file.Name,
                file.Text
            ))
            .OrderBy(file => file.Version),
    ];
}
