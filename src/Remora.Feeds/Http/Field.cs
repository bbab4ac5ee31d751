using System.Text.Json;

namespace Remora.Feeds.Http;

/// <summary>Reads answers that may be anything: what is not there, or not of its kind or range, is a <see cref="FormatException"/> that names it.</summary>
internal static class Field
{
    /// <summary>A field of an object.</summary>
    public static JsonElement Get(this JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var field) ? field : throw new FormatException($"'{name}' is missing");

    /// <summary>A field that is an object.</summary>
    public static JsonElement GetObject(this JsonElement parent, string name) =>
        parent.Get(name) is { ValueKind: JsonValueKind.Object } field ? field : throw new FormatException($"'{name}' is not an object");

    /// <summary>A field that is a list.</summary>
    public static JsonElement GetList(this JsonElement parent, string name) =>
        parent.Get(name) is { ValueKind: JsonValueKind.Array } field ? field : throw new FormatException($"'{name}' is not a list");

    /// <summary>A number within bounds.</summary>
    public static double GetNumber(this JsonElement parent, string name, double least, double most) => parent.Get(name).Within(name, least, most);

    /// <summary>The number this is, within bounds.</summary>
    public static double Within(this JsonElement field, string name, double least, double most)
    {
        if (field.ValueKind != JsonValueKind.Number || !field.TryGetDouble(out var number)) throw new FormatException($"'{name}' is not a number");
        return number >= least && number <= most ? number : throw new FormatException($"'{name}' is {number}, not between {least} and {most}");
    }

    /// <summary>Seconds since 1970 as a moment.</summary>
    public static Markets.Instant GetSeconds(this JsonElement parent, string name) => parent.Get(name).Seconds(name);

    /// <summary>Seconds since 1970, this field, as a moment.</summary>
    public static Markets.Instant Seconds(this JsonElement field, string name) => new((long)field.Within(name, 0, 1e11) * 1000);
}
