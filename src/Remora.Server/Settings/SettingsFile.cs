using System.Text;
using System.Text.Json;

namespace Remora.Server.Settings;

/// <summary>
/// Reads the settings file: one JSON object. Comments and trailing commas are allowed. Records the
/// position of each value.
/// </summary>
internal static class SettingsFile
{
    /// <summary>The supported lists of objects, and the required key of their objects.</summary>
    private static readonly Dictionary<string, string> Lists = DeclaredLists.All.ToDictionary(
        list => list.Name,
        list => list.Required
    );

    public static SettingsFileContent Parse(byte[] json, string name)
    {
        var text = new PositionedText(json.AsSpan().StartsWith(Encoding.UTF8.Preamble) ? json[3..] : json, name);
        try
        {
            return Read(text);
        }
        catch (JsonException e)
        {
            throw new SettingsException([$"{name}:{e.LineNumber + 1}:{e.BytePositionInLine + 1}: {Short(e.Message)}"]);
        }
    }

    private static SettingsFileContent Read(PositionedText text)
    {
        var reader = text.Reader();
        reader.Read();
        var lists = new Dictionary<string, List<IReadOnlyList<SettingText>>>();
        var settings = ReadObject(ref reader, text, "", lists);
        reader.Read(); // content after the object is an error
        return new(settings, lists);
    }

    private static List<SettingText> ReadObject(
        ref Utf8JsonReader reader,
        PositionedText text,
        string prefix,
        Dictionary<string, List<IReadOnlyList<SettingText>>>? lists
    )
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            throw text.Error(ref reader, $"expected an object {{ … }}{(prefix.Length > 0 ? " for " + prefix : "")}");
        var settings = new List<SettingText>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var key = reader.GetString()!;
            if (settings.Exists(setting => setting.Key == key) || lists?.ContainsKey(key) == true)
                throw text.Error(ref reader, $"'{key}' is set twice");
            reader.Read();
            var origin = text.Position(ref reader);
            if (lists is not null && Lists.TryGetValue(key, out var required))
                lists[key] = ReadList(ref reader, text, key, required);
            else
                settings.Add(new(key, ReadValues(ref reader, text, key), origin));
        }
        return settings;
    }

    private static List<IReadOnlyList<SettingText>> ReadList(
        ref Utf8JsonReader reader,
        PositionedText text,
        string list,
        string required
    )
    {
        if (reader.TokenType != JsonTokenType.StartArray)
            throw text.Error(ref reader, $"{list}: expected a list of objects [ {{ \"{required}\": … }}, … ]");
        var all = new List<IReadOnlyList<SettingText>>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var origin = text.Position(ref reader);
            var one = ReadObject(ref reader, text, $"{list}[{all.Count}]", lists: null);
            if (!one.Exists(setting => setting.Key == required))
                throw new SettingsException([$"{origin}: {list}[{all.Count}]: '{required}' is missing"]);
            all.Add(one);
        }
        return all.Count > 0 ? all : throw text.Error(ref reader, $"{list}: expected at least one");
    }

    private static List<string> ReadValues(ref Utf8JsonReader reader, PositionedText text, string key)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
            return [Scalar(ref reader, text, key)];
        var values = new List<string>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            values.Add(Scalar(ref reader, text, key));
        return values;
    }

    private static string Scalar(ref Utf8JsonReader reader, PositionedText text, string key) =>
        reader.TokenType switch
        {
            JsonTokenType.String => reader.GetString()!,
            JsonTokenType.Number => Encoding.UTF8.GetString(reader.ValueSpan),
            JsonTokenType.True => "true",
            JsonTokenType.False => "false",
            _ => throw text.Error(ref reader, $"{key}: expected a text, a number, true or false, or a list of these"),
        };

    private static string Short(string message)
    {
        var end = message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return end < 0 ? message : message[..end];
    }

    /// <summary>A text that returns the line and column of a token.</summary>
    private sealed class PositionedText(byte[] json, string name)
    {
        public Utf8JsonReader Reader() =>
            new(json, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });

        public string Position(ref Utf8JsonReader reader)
        {
            var before = json.AsSpan(0, (int)reader.TokenStartIndex);
            var line = before.Count((byte)'\n') + 1;
            var column = Encoding.UTF8.GetCharCount(before[(before.LastIndexOf((byte)'\n') + 1)..]) + 1;
            return $"{name}:{line}:{column}";
        }

        public SettingsException Error(ref Utf8JsonReader reader, string message) =>
            new([$"{Position(ref reader)}: {message}"]);
    }
}
