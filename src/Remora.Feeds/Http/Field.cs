using System.Text.Json;

namespace Remora.Feeds.Http;

/// <summary>
/// Reads fields of untrusted JSON. A field that is missing, or has the wrong type or range, throws
/// a <see cref="FormatException"/> that names it.
/// </summary>
internal static class Field
{
    /// <summary>Returns a field of an object.</summary>
    public static JsonElement Get(this JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var field)
            ? field
            : throw new FormatException($"'{name}' is missing");

    /// <summary>Returns a field that is an object.</summary>
    public static JsonElement GetObject(this JsonElement parent, string name) =>
        parent.Get(name) is { ValueKind: JsonValueKind.Object } field
            ? field
            : throw new FormatException($"'{name}' is not an object");

    /// <summary>Returns a field that is a list.</summary>
    public static JsonElement GetList(this JsonElement parent, string name) =>
        parent.Get(name) is { ValueKind: JsonValueKind.Array } field
            ? field
            : throw new FormatException($"'{name}' is not a list");

    /// <summary>Returns a number within bounds.</summary>
    public static double GetNumber(this JsonElement parent, string name, double least, double most) =>
        parent.Get(name).Within(name, least, most);

    /// <summary>Returns this field as a number within bounds.</summary>
    public static double Within(this JsonElement field, string name, double least, double most)
    {
        if (field.ValueKind != JsonValueKind.Number || !field.TryGetDouble(out var number))
            throw new FormatException($"'{name}' is not a number");
        return number >= least && number <= most
            ? number
            : throw new FormatException($"'{name}' is {number}: expected {least} to {most}");
    }

    /// <summary>Returns a field with seconds since 1970 as an instant.</summary>
    public static Markets.Instant GetSeconds(this JsonElement parent, string name) => parent.Get(name).Seconds(name);

    /// <summary>Returns this field, seconds since 1970, as an instant.</summary>
    public static Markets.Instant Seconds(this JsonElement field, string name) =>
        new((long)field.Within(name, 0, 1e11) * 1000);
}
