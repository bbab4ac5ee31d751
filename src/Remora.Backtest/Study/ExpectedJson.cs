using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Remora.Backtest.Study;

/// <summary>Describes the value that belongs where a JSON text has another one.</summary>
internal static class ExpectedJson
{
    /// <summary>
    /// Returns what is expected where a value could not be converted, such as "a whole number";
    /// null if the error is another one.
    /// </summary>
    /// <param name="error">The error of the deserializer.</param>
    /// <param name="options">The options that were used.</param>
    /// <typeparam name="T">The type that was read.</typeparam>
    public static string? At<T>(JsonException error, JsonSerializerOptions options)
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
}
