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
