using System.Text;
using System.Xml;
using Remora.Markets;

namespace Remora.Feeds.News;

/// <summary>
/// Reads RSS 2.0 and Atom from untrusted senders. Allows no document type, and therefore no
/// entities except the five of XML. Fetches nothing. Limits the depth, the number of items and the
/// length of a field. Refuses and counts items without a title or a valid date. A page on which
/// every item is refused is invalid.
/// </summary>
internal static class Syndication
{
    private const int MaxDepth = 32;
    private const int MaxItems = 500;
    private const int LongestField = 4_000;
    private static readonly TimeSpan ClockError = TimeSpan.FromMinutes(10);

    private static readonly XmlReaderSettings Settings = new()
    {
        DtdProcessing = DtdProcessing.Prohibit,
        XmlResolver = null,
        IgnoreComments = true,
        IgnoreProcessingInstructions = true,
        CloseInput = true,
    };

    /// <summary>Returns the headlines of a page at a moment.</summary>
    /// <exception cref="FormatException">The page is not a feed, or none of its items is
    /// valid.</exception>
    public static NewsPage Read(byte[] body, string outlet, Instant now)
    {
        try
        {
            using var xml = XmlReader.Create(new MemoryStream(body), Settings);
            return Read(xml, outlet, now);
        }
        catch (Exception e)
            when (e is XmlException or DecoderFallbackException or NotSupportedException or ArgumentException)
        {
            throw new FormatException($"invalid news feed: {Short(e.Message)}", e);
        }
    }

    private static NewsPage Read(XmlReader xml, string outlet, Instant now)
    {
        var (headlines, refused) = (new List<Headline>(), 0);
        Item? item = null;
        var isFeed = false;
        while (Advance(xml))
        {
            if (xml.Depth == 0 && xml.NodeType == XmlNodeType.Element)
            {
                isFeed = xml.LocalName is "rss" or "feed" or "RDF";
                if (!isFeed)
                    throw new FormatException($"invalid news feed: it starts with <{Short(xml.LocalName)}>");
            }
            if (xml is { NodeType: XmlNodeType.Element, LocalName: "item" or "entry" })
                item = new(xml.Depth);
            else if (item is not null && xml.NodeType == XmlNodeType.Element && xml.Depth == item.Depth + 1)
                item.Take(xml);
            if (
                item is null
                || xml.Depth != item.Depth
                || (xml.NodeType != XmlNodeType.EndElement && !xml.IsEmptyElement)
            )
                continue;
            if (item.Headline(outlet, now) is { } headline)
                headlines.Add(headline);
            else
                refused++;
            item = null;
            if (headlines.Count + refused >= MaxItems)
                break;
        }
        if (!isFeed)
            throw new FormatException("invalid news feed: it is empty");
        return headlines.Count > 0 || refused == 0
            ? new(headlines, refused)
            : throw new FormatException($"none of {refused} items has a valid title and date");
    }

    private static bool Advance(XmlReader xml)
    {
        if (!xml.Read())
            return false;
        return xml.Depth <= MaxDepth
            ? true
            : throw new FormatException($"elements are nested more than {MaxDepth} deep");
    }

    /// <summary>
    /// Returns the text of an element and its descendants. The reader stops at the end of the
    /// element.
    /// </summary>
    private static string TextOf(XmlReader xml)
    {
        var text = new StringBuilder();
        var depth = xml.Depth;
        if (xml.IsEmptyElement)
            return "";
        while (Advance(xml) && !(xml.NodeType == XmlNodeType.EndElement && xml.Depth == depth))
            if (
                xml.NodeType is XmlNodeType.Text or XmlNodeType.CDATA or XmlNodeType.SignificantWhitespace
                && text.Length < LongestField
            )
                text.Append(xml.Value.AsSpan(0, Math.Min(xml.Value.Length, LongestField)));
        return text.ToString();
    }

    private static string Short(string text) =>
        PlainText.Title(text) is { Length: > 120 } title ? title[..120] : PlainText.Title(text);

    private sealed class Item(int depth)
    {
        private string? _title;
        private string? _link;
        private string? _published;
        private string? _updated;

        public int Depth => depth;

        /// <summary>Reads a field of the item. The reader stops at the end of the field.</summary>
        public void Take(XmlReader xml)
        {
            var isForeign =
                xml.NamespaceURI.Length > 0
                && !xml.NamespaceURI.EndsWith("/Atom", StringComparison.Ordinal)
                && !xml.NamespaceURI.Contains("/rss/", StringComparison.Ordinal);
            switch (xml.LocalName)
            {
                case "title" when !isForeign:
                    _title ??= TextOf(xml);
                    break;
                case "link" when !isForeign && xml.GetAttribute("href") is { } href:
                    if (xml.GetAttribute("rel") is null or "alternate")
                        _link ??= href;
                    break;
                case "link" when !isForeign:
                    _link ??= TextOf(xml);
                    break;
                case "pubDate" or "published" when !isForeign:
                    _published ??= TextOf(xml);
                    break;
                case "date":
                    _published ??= TextOf(xml);
                    break; // Dublin Core
                case "updated" when !isForeign:
                    _updated ??= TextOf(xml);
                    break;
            }
        }

        public Headline? Headline(string outlet, Instant now)
        {
            var title = PlainText.Title(_title ?? "");
            if (title.Length == 0 || !FeedDate.TryParse(_published ?? _updated, out var at) || at > now + ClockError)
                return null;
            return new(outlet, title, PlainText.Link(_link), at > now ? now : at);
        }
    }
}
