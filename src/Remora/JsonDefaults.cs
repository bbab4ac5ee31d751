using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Remora;

/// <summary>
/// Reads an object whose missing members keep their defaults. Generated deserializers set every
/// property that is <c>init</c>, the missing ones to zero or null
/// (docs/decisions/0078-json-without-reflection.md).
/// </summary>
public static class JsonDefaults
{
    /// <summary>Reads an object.</summary>
    /// <param name="json">The JSON text.</param>
    /// <param name="defaults">The object that results from an empty one, <c>{}</c>.</param>
    /// <param name="options">Options that list the type.</param>
    /// <returns>The object; null if the text is null.</returns>
    /// <exception cref="JsonException">The text is not such an object.</exception>
    public static T? Read<T>(ReadOnlySpan<byte> json, T defaults, JsonSerializerOptions options)
        where T : class
    {
        var type = options.TypeOf<T>();
        // Refuses an invalid text with the line and column of the error.
        if (JsonSerializer.Deserialize(json, type) is null)
            return null;

        var complete = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(complete))
            Complete(writer, JsonElement.Parse(json), type, defaults);
        return JsonSerializer.Deserialize(complete.WrittenSpan, type);
    }

    /// <summary>
    /// Returns what is expected where a value could not be converted, such as "a whole number";
    /// null if the error is another one.
    /// </summary>
    /// <param name="error">The error of <see cref="Read{T}"/>.</param>
    /// <param name="options">The options that were used.</param>
    /// <typeparam name="T">The type that was read.</typeparam>
    public static string? ExpectedAt<T>(JsonException error, JsonSerializerOptions options)
    {
        const string conversion = "could not be converted";
        if (error.Path is not { } path || !error.Message.Contains(conversion, StringComparison.Ordinal))
            return null;
        JsonTypeInfo? type = options.TypeOf<T>();
        // A path such as $.decision.blocking_flags[0].
        foreach (var name in path.Split('.').Skip(1))
        {
            var property = type?.Properties.FirstOrDefault(property => property.Name == name.Split('[')[0]);
            type = property is null ? null : options.GetTypeInfo(property.PropertyType);
            if (name.Contains('[') && type?.ElementType is { } element)
                type = options.GetTypeInfo(element);
        }
        return type is null ? null : Expected(type);
    }

    private static string Expected(JsonTypeInfo type) =>
        type.Kind == JsonTypeInfoKind.Enumerable ? "a list"
        : type.Kind != JsonTypeInfoKind.None ? "an object"
        : type.Type == typeof(string) ? "text"
        : type.Type == typeof(double) ? "a number"
        : type.Type.IsEnum ? "one of " + Names(type.Type)
        : type.Type == typeof(bool) ? "true or false"
        : type.Type.IsPrimitive ? "a whole number"
        : "text";

    private static string Names(Type type) =>
        string.Join(", ", Enum.GetNames(type).Select(JsonNamingPolicy.SnakeCaseLower.ConvertName));

    private static void Complete(Utf8JsonWriter json, JsonElement given, JsonTypeInfo type, object defaults)
    {
        json.WriteStartObject();
        foreach (var property in type.Properties)
        {
            var isGiven = given.TryGetProperty(property.Name, out var value);
            if (!isGiven && property.AssociatedParameter is not { IsMemberInitializer: true })
                continue;

            json.WritePropertyName(property.Name);
            var inner = type.Options.GetTypeInfo(property.PropertyType);
            var usual = property.Get!(defaults);
            var isObject = value.ValueKind == JsonValueKind.Object && inner.Kind == JsonTypeInfoKind.Object;
            if (!isGiven)
                JsonSerializer.Serialize(json, usual, inner);
            else if (isObject && usual is not null)
                Complete(json, value, inner, usual);
            else
                value.WriteTo(json);
        }
        json.WriteEndObject();
    }
}
