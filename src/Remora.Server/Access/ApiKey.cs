using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Remora.Markets;
using Remora.Risk;

namespace Remora.Server.Access;

/// <summary>A key as it is kept: its hash, never itself.</summary>
/// <param name="Name">What people call it.</param>
/// <param name="Hash">SHA-256 of the key, in lower-case hex.</param>
/// <param name="Created">When it was made, or made anew.</param>
/// <param name="Policy">The policy that judges when the caller names none; null for the service's default.</param>
/// <param name="Side">The side that is judged when the caller names none; null for long.</param>
/// <param name="PerMinute">Requests a minute; null for the service's setting.</param>
public sealed record ApiKey(string Name, string Hash, Instant Created, string? Policy = null, Side? Side = null, int? PerMinute = null)
{
    /// <summary>What every key begins with, so that scanners for leaked secrets know it.</summary>
    public const string Prefix = "rmr_";

    private const int SecretBytes = 32;
    private static readonly int Length = Prefix.Length + Base64Url.GetEncodedLength(SecretBytes);

    /// <summary>A new random secret of 256 bits. One round of SHA-256 is enough to keep it: there is nothing to guess.</summary>
    public static string NewSecret() => Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));

    /// <summary>The hash a secret is kept as.</summary>
    public static string HashOf(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));

    /// <summary>Whether a text could be a key at all; what could not is not worth hashing.</summary>
    internal static bool LooksLikeOne(ReadOnlySpan<char> text) => text.Length == Length && text.StartsWith(Prefix) && Ascii.IsValid(text);
}
