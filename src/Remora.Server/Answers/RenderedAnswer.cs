using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Extensions.Primitives;
using Remora.Server.Api;

namespace Remora.Server.Answers;

/// <summary>An answer as it goes over the wire, ready to be sent any number of times.</summary>
/// <param name="Body">The JSON.</param>
/// <param name="ETag">A weak tag of everything in it but ages.</param>
internal sealed record RenderedAnswer(byte[] Body, StringValues ETag)
{
    private static readonly string[] Ages = ["age_seconds", "assessed_at"];

    /// <summary>The value as JSON.</summary>
    public static RenderedAnswer Of<T>(T value)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(value, RemoraJson.Options);
        return new(body, TagOf(body));
    }

    /// <summary>The value as JSON, without the absolute paths that it may name: for what tells how the service is.</summary>
    public static RenderedAnswer OfHealth<T>(T value)
    {
        var body = ServerPaths.Hide(JsonSerializer.SerializeToUtf8Bytes(value, RemoraJson.Options));
        return new(body, TagOf(body));
    }

    /// <summary>An answer that was rendered before.</summary>
    public static RenderedAnswer Of(ReadOnlyMemory<byte> json)
    {
        var body = json.ToArray();
        return new(body, TagOf(body));
    }

    /// <summary>Several answers as the array <paramref name="name"/> of one object, and a member beside it.</summary>
    public static RenderedAnswer Of<T>(string name, IReadOnlyList<RenderedAnswer> members, string besideName, T beside)
    {
        using var body = new MemoryStream();
        body.Write([.. "{\""u8, .. System.Text.Encoding.ASCII.GetBytes(name), .. "\":["u8]);
        for (var i = 0; i < members.Count; i++)
        {
            if (i > 0) body.WriteByte((byte)',');
            body.Write(members[i].Body);
        }
        var rest = JsonSerializer.Serialize(beside, RemoraJson.Options);
        body.Write(System.Text.Encoding.UTF8.GetBytes($"],\"{besideName}\":{rest}}}"));
        var tags = string.Concat(members.Select(member => member.ETag.ToString())) + rest;
        return new(body.ToArray(), Quote(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(tags))));
    }

    /// <summary>Hashes the JSON without the values of <see cref="Ages"/>: an answer that has only grown older is still the same answer.</summary>
    private static string TagOf(byte[] body)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var reader = new Utf8JsonReader(body);
        var from = 0;
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName || !IsAge(ref reader)) continue;
            hash.AppendData(body.AsSpan(from, (int)reader.BytesConsumed - from));
            reader.Skip();
            from = (int)reader.BytesConsumed;
        }
        hash.AppendData(body.AsSpan(from));
        return Quote(hash.GetHashAndReset());
    }

    private static bool IsAge(ref Utf8JsonReader reader)
    {
        foreach (var age in Ages)
            if (reader.ValueTextEquals(age)) return true;
        return false;
    }

    private static string Quote(byte[] hash) => $"W/\"{Convert.ToHexStringLower(hash.AsSpan(0, 8))}\"";
}
