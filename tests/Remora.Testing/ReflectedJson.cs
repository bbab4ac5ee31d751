using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Xunit;

namespace Remora.Testing;

/// <summary>
/// The JSON format with serializers by reflection: it writes any type, and is what the generated
/// serializers are compared with.
/// </summary>
public static class ReflectedJson
{
    /// <summary>The format for any type.</summary>
    public static JsonSerializerOptions Options { get; } =
        Of(
            RemoraJson.NewOptions(
                new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false)
            )
        );

    /// <summary>
    /// Asserts that generated serializers write every type of a context, and every type inside
    /// them, as reflection does: the same members in the same order by the same converters.
    /// </summary>
    public static void AssertSame(JsonSerializerContext context)
    {
        var reflected = Of(new(context.Options) { TypeInfoResolver = null });
        var types = new Queue<Type>(
            context
                .GetType()
                .GetCustomAttributesData()
                .Where(attribute => attribute.AttributeType == typeof(JsonSerializableAttribute))
                .Select(attribute => (Type)attribute.ConstructorArguments[0].Value!)
        );
        Assert.NotEmpty(types);
        var seen = new HashSet<Type>();
        while (types.TryDequeue(out var type))
        {
            if (!seen.Add(type))
                continue;
            var (actual, expected) = (context.Options.GetTypeInfo(type), reflected.GetTypeInfo(type));
            Assert.Equal(Describe(expected), Describe(actual));
            var members = actual.Properties.Where(IsUsed).ToList();
            Assert.Equal(expected.Properties.Where(IsUsed).Select(Describe), members.Select(Describe));
            foreach (
                var inner in members
                    .Select(member => member.PropertyType)
                    .Append(actual.ElementType)
                    .Append(actual.KeyType)
            )
                if (inner is not null)
                    types.Enqueue(inner);
        }
    }

    private static JsonSerializerOptions Of(JsonSerializerOptions options)
    {
        options.TypeInfoResolver = new DefaultJsonTypeInfoResolver();
        options.MakeReadOnly();
        return options;
    }

    private static bool IsUsed(JsonPropertyInfo property) => property.Get is not null || property.Set is not null;

    private static string Describe(JsonTypeInfo type) =>
        $"{type.Type} {type.Kind} {type.UnmappedMemberHandling} {type.NumberHandling} "
        + (type.Kind == JsonTypeInfoKind.None ? type.Converter.GetType() : null);

    private static string Describe(JsonPropertyInfo property) =>
        $"{property.DeclaringType}.{property.Name} {property.PropertyType} get={property.Get is not null} "
        + $"null={property.IsGetNullable} "
        + $"order={property.Order} required={property.IsRequired} always={property.ShouldSerialize is null} "
        + $"rest={property.IsExtensionData} {property.NumberHandling} {property.CustomConverter?.GetType()} "
        + (
            property.AssociatedParameter is { IsMemberInitializer: false } parameter
                ? $"{parameter.Position} {parameter.HasDefaultValue} {parameter.DefaultValue}"
                : ""
        );
}
