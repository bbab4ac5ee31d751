using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;
using Remora.Markets;
using Remora.Server.Answers;

namespace Remora.Server.Api;

/// <summary>The OpenAPI document: made from the endpoints, plus what only this service knows of its types and parameters.</summary>
internal static class ApiDocument
{
    public static void AddApiDocument(this IServiceCollection services, AssessmentBoard board) => services.AddOpenApi("v1", options =>
    {
        options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new()
            {
                Title = "Remora",
                Version = "1",
                Description = "An open market-risk engine: is it safe to trade now? Times are UTC; a value that is not known is null. "
                    + "Assessments carry an ETag that stays the same while only their age changes; an unchanged one costs 304.",
            };
            document.Servers = [new() { Url = "/" }];
            foreach (var schema in document.Components?.Schemas?.Values.OfType<OpenApiSchema>() ?? []) SayNull(schema);
            return Task.CompletedTask;
        });
        options.AddOperationTransformer(async (operation, context, cancellation) =>
        {
            var metadata = context.Description.ActionDescriptor.EndpointMetadata;
            if (metadata.OfType<TakenParameters>().FirstOrDefault() is { } taken)
                operation.Parameters = [.. taken.All.Select(parameter => (IOpenApiParameter)Describe(parameter, board))];
            await AddAlternatives(operation, metadata.OfType<ProducesResponseTypeMetadata>(), context, cancellation);
        });
        options.AddSchemaTransformer((schema, context, _) =>
        {
            Correct(schema, context.JsonTypeInfo.Type);
            return Task.CompletedTask;
        });
    });

    /// <summary>Where a call has several kinds of answers, the framework describes only the last; all of them are meant.</summary>
    private static async Task AddAlternatives(
        OpenApiOperation operation, IEnumerable<ProducesResponseTypeMetadata> answers, OpenApiOperationTransformerContext context, CancellationToken cancellation)
    {
        var types = answers.Where(answer => answer.StatusCode == StatusCodes.Status200OK).Select(answer => answer.Type!).Distinct().ToList();
        if (types.Count < 2) return;
        var alternatives = new OpenApiSchema { OneOf = [] };
        foreach (var type in types)
        {
            context.Document!.AddComponent(type.Name, await context.GetOrCreateSchemaAsync(type, null, cancellation));
            alternatives.OneOf.Add(new OpenApiSchemaReference(type.Name, context.Document));
        }
        if (operation.Responses!["200"].Content?[AnswerWriter.MediaType] is OpenApiMediaType content) content.Schema = alternatives;
    }

    private static OpenApiParameter Describe(QueryParameter parameter, AssessmentBoard board)
    {
        var schema = new OpenApiSchema { Type = JsonSchemaType.String };
        if (parameter.Allowed?.Invoke(board) is { } allowed) schema.Enum = [.. allowed.Select(value => (JsonNode)value)];
        return new OpenApiParameter
        {
            Name = parameter.Name,
            In = ParameterLocation.Query,
            Required = parameter.IsRequired,
            Description = parameter.Description,
            Schema = schema,
            Example = parameter.Allowed?.Invoke(board) is [var first, ..] ? first : parameter.Example,
        };
    }

    /// <summary>The comments speak of NaN, which is what it is inside; outside it is null.</summary>
    private static void SayNull(OpenApiSchema schema)
    {
        schema.Description = schema.Description?.Replace("NaN", "null");
        IEnumerable<IOpenApiSchema?> parts = [.. schema.Properties?.Values ?? [], schema.Items, schema.AdditionalProperties, .. schema.OneOf ?? []];
        foreach (var part in parts)
            if (part is OpenApiSchema inline) SayNull(inline); // what is referred to is visited by its name
    }

    /// <summary>Types that <see cref="RemoraJson"/> writes in a way of its own.</summary>
    private static void Correct(OpenApiSchema schema, Type type)
    {
        if (type == typeof(double))
        {
            schema.Type = JsonSchemaType.Number | JsonSchemaType.Null; // NaN inside, null outside
            schema.Format = "double";
            schema.Pattern = null;
        }
        else if (type == typeof(Instant) || type == typeof(Instant?))
        {
            schema.Type = JsonSchemaType.String | (type == typeof(Instant?) ? JsonSchemaType.Null : default);
            schema.Format = "date-time";
        }
        else if (type == typeof(Pair) || type == typeof(Timeframe))
        {
            schema.Type = JsonSchemaType.String;
            schema.Enum = type == typeof(Timeframe) ? [.. Timeframe.Known.Select(t => (JsonNode)t.Name)] : null;
            schema.Examples = [type == typeof(Timeframe) ? "5m" : "BTC/USDT"];
        }
    }
}
