using System.Text;

namespace Remora.Feeds.Keys;

/// <summary>
/// A key and its place in a request. The key is added to a request at the last moment and removed
/// from every response.
/// </summary>
public sealed class Credential
{
    private static readonly byte[] HiddenBytes = Encoding.ASCII.GetBytes(SourceKey.Hidden);
    private readonly string _name;
    private readonly bool _inHeader;
    private readonly SourceKey _key;

    private Credential(string name, bool inHeader, SourceKey key) => (_name, _inHeader, _key) = (name, inHeader, key);

    /// <summary>A key that is sent as a header.</summary>
    public static Credential InHeader(string name, SourceKey key) => new(name, inHeader: true, key);

    /// <summary>
    /// A key that is sent as a query parameter, for sources without a header for it.
    /// </summary>
    public static Credential InQuery(string name, SourceKey key) => new(name, inHeader: false, key);

    /// <summary>Returns where the key goes, without the key.</summary>
    public override string ToString() => $"{(_inHeader ? "header" : "parameter")} {_name}: {SourceKey.Hidden}";

    /// <summary>Adds the key to a request whose URL does not contain it yet.</summary>
    internal void Attach(HttpRequestMessage request)
    {
        if (_inHeader)
        {
            request.Headers.Add(_name, _key.Reveal());
            return;
        }
        var url = request.RequestUri!.AbsoluteUri;
        request.RequestUri = new($"{url}{(url.Contains('?') ? '&' : '?')}{_name}={_key.Reveal()}");
    }

    /// <summary>Returns the text without the key.</summary>
    internal string Redact(string text) =>
        text.Replace(_key.Reveal(), SourceKey.Hidden, StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// Returns the body without the key, so that nothing derived from it can contain the key.
    /// </summary>
    internal byte[] Redact(byte[] body)
    {
        var key = Encoding.ASCII.GetBytes(_key.Reveal());
        if (body.AsSpan().IndexOf(key) < 0)
            return body;
        using var clean = new MemoryStream(body.Length);
        ReadOnlySpan<byte> rest = body;
        for (var at = rest.IndexOf(key); at >= 0; at = rest.IndexOf(key))
        {
            clean.Write(rest[..at]);
            clean.Write(HiddenBytes);
            rest = rest[(at + key.Length)..];
        }
        clean.Write(rest);
        return clean.ToArray();
    }
}
