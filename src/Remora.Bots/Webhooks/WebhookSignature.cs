using System.Security.Cryptography;
using System.Text;

namespace Remora.Bots.Webhooks;

/// <summary>
/// Signs events, so that a receiver can verify that an event is from Remora and recent:
/// <c>t=1767225600,v1=HMAC-SHA256(secret, t + "." + body)</c>, in hexadecimal.
/// </summary>
public static class WebhookSignature
{
    /// <summary>The header with the signature.</summary>
    public const string Header = "X-Remora-Signature";

    internal static string Of(string secret, DateTimeOffset now, ReadOnlySpan<byte> body)
    {
        var time = now.ToUnixTimeSeconds();
        byte[] signed = [.. Encoding.ASCII.GetBytes($"{time}."), .. body];
        return $"t={time},v1={Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), signed))}";
    }
}
