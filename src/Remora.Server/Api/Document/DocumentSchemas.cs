using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Remora.Forecasts;
using Remora.Markets;
using Remora.Risk;
using Remora.Server.Api.Decisions;
using Remora.Server.Api.Portfolios;
using Remora.Server.Settings;

namespace Remora.Server.Api.Document;

/// <summary>Describes the schemas of answers as <see cref="RemoraJson"/> writes them.</summary>
internal static partial class DocumentSchemas
{
    private const string Nullable = "remora-nullable-properties";

    /// <summary>
    /// Returns the name of a type's schema; null if the schema is inlined. A moment is inlined: a
    /// referenced schema must not be nullable itself, or null would be valid twice under a nullable
    /// reference to it.
    /// </summary>
    public static string? NameOf(JsonTypeInfo type) =>
        Bare(type.Type) == typeof(Instant) ? null : OpenApiOptions.CreateDefaultSchemaReferenceId(type);

    /// <summary>
    /// Corrects the schema that the framework generates for a type. The framework ignores the
    /// custom converters, and that every property is written.
    /// </summary>
    public static Task Correct(
        OpenApiSchema schema,
        OpenApiSchemaTransformerContext context,
        CancellationToken cancellation
    )
    {
        var type = Bare(context.JsonTypeInfo.Type);
        var isNullable = type != context.JsonTypeInfo.Type;
        // NaN internally, null in JSON.
        if (type == typeof(double))
            Set(schema, JsonSchemaType.Number, "double", isNullable: true);
        else if (type == typeof(Instant) || type == typeof(DateTimeOffset))
            Set(schema, JsonSchemaType.String, "date-time", isNullable);
        else if (type == typeof(TimeSpan))
            SetDuration(schema, isNullable);
        else if (type == typeof(Pair))
            SetText(schema, [], "BTC/USDT");
        else if (type == typeof(Timeframe))
            SetText(schema, Timeframe.Known.Select(timeframe => timeframe.Name), "5m");
        else if (type == typeof(Horizon))
            SetText(schema, Horizon.All.Select(horizon => horizon.Name), "4h");
        else if (type == typeof(TargetVolatility))
            SetTarget(schema);
        else if (type == typeof(EventFlags))
            SetFlags(schema);
        else if (type.IsEnum)
            SetText(schema, Enum.GetNames(type).Select(JsonNamingPolicy.SnakeCaseLower.ConvertName));
        else if (context.JsonTypeInfo.Kind == JsonTypeInfoKind.Object)
            SetObject(schema, context.JsonTypeInfo);
        if (context.JsonPropertyInfo is { IsGetNullable: false, PropertyType.IsValueType: false })
            schema.Type &= ~JsonSchemaType.Null;
        return Task.CompletedTask;
    }

    /// <summary>
    /// Completes the schemas after all of them exist: allows null where a reference may be null,
    /// puts each description on one line, and replaces NaN with null in it.
    /// </summary>
    public static void Complete(OpenApiDocument document)
    {
        foreach (
            var schema in (
                document.Components?.Schemas?.Values ?? Enumerable.Empty<IOpenApiSchema>()
            ).OfType<OpenApiSchema>()
        )
        {
            if (schema.Metadata?.TryGetValue(Nullable, out var names) == true)
                foreach (var name in (IReadOnlyList<string>)names)
                    schema.Properties![name] = OrNull(schema.Properties[name]);
            Reword(schema);
        }
    }

    /// <summary>
    /// Returns a schema that is either the given one or null, with the description of the whole.
    /// The framework does not detect that a get-only property may be null.
    /// </summary>
    private static IOpenApiSchema OrNull(IOpenApiSchema schema)
    {
        var reference =
            schema as OpenApiSchemaReference
            ?? (schema as OpenApiSchema)?.OneOf?.OfType<OpenApiSchemaReference>().FirstOrDefault();
        if (reference is null)
            return schema; // not a reference: its type states whether null is allowed
        return new OpenApiSchema
        {
            Description = reference.Description,
            OneOf =
            [
                new OpenApiSchema { Type = JsonSchemaType.Null },
                new OpenApiSchemaReference(reference.Reference.Id!, reference.Reference.HostDocument),
            ],
        };
    }

    private static void Reword(IOpenApiSchema? schema)
    {
        if (schema?.Description is { } description)
            schema.Description = LineBreak().Replace(description, " ").Replace("NaN", "null", StringComparison.Ordinal);
        if (schema is not OpenApiSchema own)
            return; // referenced schemas are visited by their name
        IEnumerable<IOpenApiSchema?> parts =
        [
            .. own.Properties?.Values ?? [],
            own.Items,
            own.AdditionalProperties,
            .. own.OneOf ?? [],
        ];
        foreach (var part in parts)
            Reword(part);
    }

    private static Type Bare(Type type) => System.Nullable.GetUnderlyingType(type) ?? type;

    private static void Set(OpenApiSchema schema, JsonSchemaType type, string format, bool isNullable)
    {
        schema.Type = isNullable ? type | JsonSchemaType.Null : type;
        schema.Format = format;
        schema.Pattern = null;
    }

    /// <summary>
    /// Describes a duration. The format "duration" of JSON Schema has no fractions of a second, so
    /// the pattern describes it.
    /// </summary>
    private static void SetDuration(OpenApiSchema schema, bool isNullable)
    {
        schema.Type = isNullable ? JsonSchemaType.String | JsonSchemaType.Null : JsonSchemaType.String;
        schema.Format = null;
        schema.Pattern = @"^-?P(\d+D)?(T(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?$";
    }

    /// <summary>
    /// Describes a type that a converter writes as text. It is referenced by name, so the reference
    /// states whether null is allowed.
    /// </summary>
    private static void SetText(OpenApiSchema schema, IEnumerable<string> allowed, string? example = null)
    {
        schema.Type = JsonSchemaType.String;
        schema.Enum = [.. allowed.Select(value => (JsonNode)value)];
        if (schema.Enum.Count == 0)
            schema.Enum = null;
        if (example is not null)
            schema.Examples = [example];
    }

    private static void SetTarget(OpenApiSchema schema)
    {
        schema.Type = JsonSchemaType.Number | JsonSchemaType.String;
        schema.Properties = null;
        schema.Examples = [TargetVolatility.MedianName, 0.03];
    }

    private static void SetFlags(OpenApiSchema schema)
    {
        schema.Type = JsonSchemaType.Object;
        schema.AdditionalPropertiesAllowed = true; // later versions may add flags
        schema.Required = FlagTable.All.Select(row => row.Name).ToHashSet(StringComparer.Ordinal);
        schema.Properties = FlagTable.All.ToDictionary(
            row => row.Name,
            IOpenApiSchema (row) =>
                new OpenApiSchema { Type = JsonSchemaType.Boolean | JsonSchemaType.Null, Description = row.Meaning },
            StringComparer.Ordinal
        );
    }

    private static void SetObject(OpenApiSchema schema, JsonTypeInfo type)
    {
        schema.AdditionalPropertiesAllowed = true; // later versions may add fields
        // The only ones that omit members without a value.
        var omits = type.Type == typeof(ApiProblem) || type.Type == typeof(RiskPolicy);
        // Without the properties that JSON ignores.
        var written = type.Properties.Where(property => property.Get is not null).ToList();
        schema.Required = (
            RequiredOf(type.Type)
            ?? written.Where(property => !(omits && property.IsGetNullable)).Select(property => property.Name)
        ).ToHashSet(StringComparer.Ordinal);
        schema.Metadata ??= new Dictionary<string, object>(StringComparer.Ordinal);
        schema.Metadata[Nullable] = written
            .Where(property => property.IsGetNullable)
            .Select(property => property.Name)
            .ToList();
        if (type.Type == typeof(Assessment) || type.Type == typeof(WholeMarketAssessment))
            SetUntracked(schema);
        if (
            schema.Properties?.TryGetValue("interval", out var interval) == true
            && IntervalsOf(type.Type) is { } intervals
            && interval is OpenApiSchema text
        )
            text.Enum = [.. intervals.Select(value => (JsonNode)value)];
    }

    /// <summary>Describes the members that tell an answer for a pair that is not tracked.</summary>
    private static void SetUntracked(OpenApiSchema schema)
    {
        var properties = schema.Properties!;
        properties.TryAdd(
            UntrackedAnswer.PairMember,
            new OpenApiSchema
            {
                Type = JsonSchemaType.String,
                Description = "Present if the answer replaces that of a pair that is not tracked: the pair.",
            }
        );
        properties[UntrackedAnswer.Member] = new OpenApiSchema
        {
            Type = JsonSchemaType.String,
            Enum =
            [
                .. new[] { UntrackedRule.Unknown, UntrackedRule.WholeMarket }.Select(rule =>
                    (JsonNode)RemoraJson.NameOf(rule)
                ),
            ],
            Description =
                "Present if the pair of the request is not tracked: the rule of the setting `untracked` that made "
                + "this answer.",
        };
    }

    /// <summary>What a request must have; null for an answer.</summary>
    private static IEnumerable<string>? RequiredOf(Type type) =>
        type == typeof(PortfolioRequest) ? ["wallet", "positions"]
        : type == typeof(PositionRequest) ? ["pair"]
        : type == typeof(DecisionReport) ? ["id", "bot", "pair", "at", "verdict"]
        : null;

    private static IReadOnlyList<string>? IntervalsOf(Type page) =>
        page == typeof(AssessmentPage) ? [HistoryApi.Each]
        : page == typeof(HistoryPage) ? HistoryApi.Buckets
        : page == typeof(TrafficPage) ? StoreApi.Intervals
        : null;

    [GeneratedRegex(@"\s*\n\s*", RegexOptions.None, 1000)]
    private static partial Regex LineBreak();
}
