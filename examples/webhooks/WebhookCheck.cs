using System.Security.Cryptography;
using System.Text;

namespace WebhookExample;

/// <summary>Verifies that a webhook is from your Remora and recent. Copy this file.</summary>
public static class WebhookCheck
{
    /// <param name="header">The header X-Remora-Signature: <c>t=1767225600,v1=5f0c…</c>.</param>
    /// <param name="body">The received bytes of the body, not serialized again.</param>
    /// <param name="secret">The shared secret.</param>
    /// <param name="now">The current time.</param>
    /// <param name="tolerance">The maximum age, against replays; usually five minutes.</param>
    public static bool IsGenuine(
        string? header,
        ReadOnlySpan<byte> body,
        string secret,
        DateTimeOffset now,
        TimeSpan tolerance
    )
    {
        var parts = (header ?? "")
            .Split(',')
            .Select(part => part.Split('=', 2))
            .Where(part => part.Length == 2)
            .ToLookup(part => part[0], part => part[1]);
        if (parts["t"].FirstOrDefault() is not { } time || !long.TryParse(time, out var seconds))
            return false;
        if (Math.Abs(now.ToUnixTimeSeconds() - seconds) > tolerance.TotalSeconds)
            return false;
        byte[] signed = [.. Encoding.ASCII.GetBytes(time + "."), .. body];
        var expected = Encoding.ASCII.GetBytes(
            Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), signed))
        );
        return parts["v1"]
            .Any(given => CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), expected));
    }
}
