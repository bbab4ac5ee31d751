using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Remora.Markets;
using Remora.Risk;

namespace Remora.Server.Access;

/// <summary>An API key as it is stored: its hash, not the key itself.</summary>
/// <param name="Name">The name that users give the key.</param>
/// <param name="Hash">SHA-256 of the key, in lower-case hex.</param>
/// <param name="Created">When the key was created or rotated.</param>
/// <param name="Policy">
/// The policy for requests that name none; null for the service's default.
/// </param>
/// <param name="Side">The side for requests that name none; null for long.</param>
/// <param name="PerMinute">The maximum requests per minute; null for the service's setting.</param>
/// <param name="Scopes">What the key may do, of <see cref="KeyScopes.All"/>; null for reading
/// everything.</param>
/// <param name="Expires">When the key stops working; null for never.</param>
public sealed record ApiKey(
    string Name,
    string Hash,
    Instant Created,
    string? Policy = null,
    Side? Side = null,
    int? PerMinute = null,
    IReadOnlyList<string>? Scopes = null,
    Instant? Expires = null
)
{
    /// <summary>The prefix of every key. Scanners for leaked secrets recognize it.</summary>
    public const string Prefix = "rmr_";

    private const int SecretBytes = 32;
    private static readonly int Length = Prefix.Length + Base64Url.GetEncodedLength(SecretBytes);

    /// <summary>
    /// Creates a random secret of 256 bits. One round of SHA-256 suffices to store it, because a
    /// secret of this length cannot be guessed.
    /// </summary>
    public static string NewSecret() => Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));

    /// <summary>Whether the key has stopped working at a moment.</summary>
    public bool IsExpired(DateTimeOffset now) => Expires is { } end && now >= end.ToDateTimeOffset();

    /// <summary>Returns the stored hash of a secret.</summary>
    public static string HashOf(string secret) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));

    /// <summary>Whether a text has the form of a key. Other texts need not be hashed.</summary>
    internal static bool LooksLikeOne(ReadOnlySpan<char> text) =>
        text.Length == Length && text.StartsWith(Prefix) && Ascii.IsValid(text);
}
