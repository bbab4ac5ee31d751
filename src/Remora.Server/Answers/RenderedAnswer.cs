using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Extensions.Primitives;
using Remora.Server.Api;

namespace Remora.Server.Answers;

/// <summary>An answer in its serialized form, which can be sent any number of times.</summary>
/// <param name="Body">The answer as JSON.</param>
/// <param name="ETag">A weak tag of everything in the answer except ages.</param>
internal sealed record RenderedAnswer(byte[] Body, StringValues ETag)
{
    private static readonly string[] Ages = ["age_seconds", "assessed_at"];

    /// <summary>Serializes a value as JSON.</summary>
    public static RenderedAnswer Of<T>(T value)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(value, ServerJson.Shared.Options.TypeOf<T>());
        return new(body, TagOf(body));
    }

    /// <summary>
    /// Serializes a value as JSON without absolute paths; for answers about the health of the
    /// service.
    /// </summary>
    public static RenderedAnswer OfHealth<T>(T value)
    {
        var body = ServerPaths.Hide(JsonSerializer.SerializeToUtf8Bytes(value, ServerJson.Shared.Options.TypeOf<T>()));
        return new(body, TagOf(body));
    }

    /// <summary>Wraps JSON that was rendered before.</summary>
    public static RenderedAnswer Of(ReadOnlyMemory<byte> json)
    {
        var body = json.ToArray();
        return new(body, TagOf(body));
    }

    /// <summary>
    /// Returns an answer with more members in front: <c>"name":"value"</c>, as JSON. The answer is
    /// an object with at least one member.
    /// </summary>
    public RenderedAnswer With(string members)
    {
        byte[] body = [(byte)'{', .. System.Text.Encoding.UTF8.GetBytes(members), (byte)',', .. Body.AsSpan(1)];
        return new(body, TagOf(body));
    }

    /// <summary>
    /// Combines several answers into one object with the array <paramref name="name"/> and one more
    /// member.
    /// </summary>
    public static RenderedAnswer Of<T>(string name, IReadOnlyList<RenderedAnswer> members, string memberName, T member)
    {
        using var body = new MemoryStream();
        body.Write([.. "{\""u8, .. System.Text.Encoding.ASCII.GetBytes(name), .. "\":["u8]);
        for (var i = 0; i < members.Count; i++)
        {
            if (i > 0)
                body.WriteByte((byte)',');
            body.Write(members[i].Body);
        }
        var rest = JsonSerializer.Serialize(member, ServerJson.Shared.Options.TypeOf<T>());
        body.Write(System.Text.Encoding.UTF8.GetBytes($"],\"{memberName}\":{rest}}}"));
        var tags = string.Concat(members.Select(answer => answer.ETag.ToString())) + rest;
        return new(body.ToArray(), Quote(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(tags))));
    }

    /// <summary>
    /// Hashes the JSON without the values of <see cref="Ages"/>. An answer that only became older
    /// keeps its tag.
    /// </summary>
    private static string TagOf(byte[] body)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var reader = new Utf8JsonReader(body);
        var from = 0;
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName || !IsAge(ref reader))
                continue;
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
            if (reader.ValueTextEquals(age))
                return true;
        return false;
    }

    private static string Quote(byte[] hash) => $"W/\"{Convert.ToHexStringLower(hash.AsSpan(0, 8))}\"";
}
