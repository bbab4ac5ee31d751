using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Remora.Server.Access;
using Remora.Server.Answers;

namespace Remora.Server.Api.Document;

/// <summary>An example of the body that an endpoint takes, as JSON.</summary>
internal sealed record RequestExample(string Json);

/// <summary>Completes an operation of the document from the metadata of its endpoint.</summary>
internal sealed class DocumentOperation(OpenApiOperation operation, OpenApiOperationTransformerContext context)
{
    private const string EventStream = "text/event-stream";
    private readonly IList<object> _metadata = context.Description.ActionDescriptor.EndpointMetadata;
    private readonly OpenApiDocument _document = context.Document!;

    public void Complete(AssessmentBoard board)
    {
        operation.Parameters = [.. Find<TakenParameters>()?.All.Select(parameter => Describe(parameter, board)) ?? []];
        if (operation.Parameters.Count == 0)
            operation.Parameters = null;
        if (
            Find<RequestExample>() is { } example
            && operation.RequestBody?.Content?[AnswerWriter.MediaType] is OpenApiMediaType body
        )
            body.Example = JsonNode.Parse(example.Json);
        var responses = operation.Responses!;
        var ok = (OpenApiResponse)responses["200"];
        AddAlternatives(ok, responses);
        if (Find<FileFormats>() is { } files)
            AddFiles(ok, files);
        if (ok.Content?.TryGetValue(EventStream, out var stream) == true && stream is OpenApiMediaType events)
            events.Schema = DocumentEvents.EventOf(_document);
        if (_metadata.OfType<RequiredScope>().LastOrDefault() is { Name: var scope })
            DocumentKeys.Require(operation, _document, scope);
        foreach (var (status, response) in responses)
            Describe(status, (OpenApiResponse)response, responses.ContainsKey("304"));
        operation.Responses = [];
        foreach (var (status, response) in responses.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            operation.Responses[status] = response;
    }

    private T? Find<T>()
        where T : class => _metadata.OfType<T>().FirstOrDefault();

    private static IOpenApiParameter Describe(QueryParameter parameter, AssessmentBoard board)
    {
        var schema = new OpenApiSchema { Type = JsonSchemaType.String };
        JsonNode example = parameter.Example;
        if (parameter.Range is var (least, most))
        {
            (schema.Type, schema.Minimum, schema.Maximum) = (JsonSchemaType.Integer, Text(least), Text(most));
            example = int.Parse(parameter.Example, CultureInfo.InvariantCulture);
        }
        if (parameter.Allowed is { } allowed)
            schema.Enum = [.. allowed.Select(value => (JsonNode)value)];
        if (parameter.Configured?.Invoke(board) is { Count: > 0 } configured)
        {
            // No enumeration: a client generated from it would reject pairs that are added later.
            schema.Examples = [.. configured.Select(value => (JsonNode)value)];
            example = configured[0];
        }
        return new OpenApiParameter
        {
            Name = parameter.Name,
            In = ParameterLocation.Query,
            Required = parameter.IsRequired,
            Description = parameter.Description,
            Schema = schema,
            Example = example,
        };
    }

    /// <summary>
    /// Merges several response types of one operation. The framework describes one type per status,
    /// so the others were given placeholder statuses.
    /// </summary>
    private static void AddAlternatives(OpenApiResponse ok, OpenApiResponses responses)
    {
        foreach (var status in responses.Keys.Where(Alternatives.Is).Order(StringComparer.Ordinal).ToList())
        {
            if (
                !Alternatives.IsUnused(status)
                && ok.Content![AnswerWriter.MediaType] is OpenApiMediaType content
                && ((OpenApiResponse)responses[status]).Content![AnswerWriter.MediaType].Schema is { } other
            )
                content.Schema = content.Schema is OpenApiSchema { OneOf: { } known } all
                    ? With(all, known, other)
                    : new OpenApiSchema { OneOf = [content.Schema!, other] };
            responses.Remove(status);
        }

        static OpenApiSchema With(OpenApiSchema all, IList<IOpenApiSchema> known, IOpenApiSchema other)
        {
            known.Add(other);
            return all;
        }
    }

    private static void AddFiles(OpenApiResponse ok, FileFormats files)
    {
        foreach (var format in Enum.GetValues<Store.StoreFormat>())
        {
            var isText = format is Store.StoreFormat.Csv or Store.StoreFormat.JsonLines;
            ok.Content![Store.StoreFormats.MediaType(format)] = new OpenApiMediaType
            {
                Schema = new OpenApiSchema { Type = JsonSchemaType.String, Format = isText ? null : "binary" },
                Examples =
                    format != Store.StoreFormat.Csv
                        ? null
                        : files.Columns.ToDictionary(
                            pair => pair.Key,
                            pair =>
                                (IOpenApiExample)
                                    new OpenApiExample
                                    {
                                        Summary = "The columns, which are those of the other files too.",
                                        Value = pair.Value + "\n",
                                    },
                            StringComparer.Ordinal
                        ),
            };
        }
    }

    private static void Describe(string status, OpenApiResponse response, bool hasTag)
    {
        response.Description = status switch
        {
            "200" => "The answer.",
            "304" => "The answer is unchanged since the one whose ETag was sent as If-None-Match.",
            "400" => "A parameter is invalid, missing or unknown: `parameter` names it.",
            "401" => "A key is required, or the key is unknown or has expired.",
            "403" => "The key does not have the scope that `security` names, or a change is requested by a web page of "
                + "another origin.",
            "404" => "The requested market is not tracked, or the requested data is not stored.",
            "409" => "The current state does not allow the request; `detail` contains the reason.",
            "413" => "The body of the request is too large.",
            "415" => "The body of the request has another content type than JSON.",
            "421" => "The host name of the request is not allowed.",
            "429" => "The limit of requests per minute is reached.",
            "503" => "The service cannot answer now; `detail` contains the reason.",
            _ => response.Description,
        };
        if (status == "200" && hasTag)
            AddHeader(response, "ETag", "Identifies the JSON answer without its ages.");
        if (status is "429" or "503")
            AddHeader(response, "Retry-After", "Seconds to wait before the next request.");
        if (status == "401")
            AddHeader(response, "WWW-Authenticate", "The scheme that is expected: Bearer.");
    }

    private static void AddHeader(OpenApiResponse response, string name, string description)
    {
        response.Headers ??= new Dictionary<string, IOpenApiHeader>(StringComparer.Ordinal);
        response.Headers[name] = new OpenApiHeader
        {
            Description = description,
            Schema = new OpenApiSchema { Type = JsonSchemaType.String },
        };
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
