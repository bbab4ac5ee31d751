using System.Text.Json;
using System.Text.Json.Nodes;
using Json.Schema;

namespace Remora.Server.Tests.OpenApi;

/// <summary>
/// The OpenAPI document of a service, for validating its answers. It is stricter than the document:
/// unknown properties and invalid formats are errors too.
/// </summary>
internal sealed class ApiSchemas
{
    private static readonly EvaluationOptions Options = new()
    {
        OutputFormat = OutputFormat.List,
        RequireFormatValidation = true,
    };
    private readonly JsonElement _paths;
    private readonly string _definitions;
    private readonly Dictionary<string, JsonSchema> _built = new(StringComparer.Ordinal);

    public ApiSchemas(string document)
    {
        var root = JsonElement.Parse(document);
        _paths = root.GetProperty("paths");
        var schemas = JsonNode.Parse(root.GetProperty("components").GetProperty("schemas").GetRawText())!;
        Close(schemas);
        _definitions = WithLocalReferences(schemas.ToJsonString());
    }

    public static async Task<ApiSchemas> OfAsync(HttpClient http) => new(await http.GetStringAsync("/openapi/v1.json"));

    /// <summary>The paths of the document that are asked with GET.</summary>
    public IEnumerable<string> Paths =>
        _paths.EnumerateObject().Where(path => path.Value.TryGetProperty("get", out _)).Select(path => path.Name);

    /// <summary>
    /// Requests an address and checks that its status, media type and body conform to the document.
    /// Returns the body.
    /// </summary>
    public async Task<string> CheckAsync(HttpClient http, string address, int status = 200, string method = "get")
    {
        using var request = new HttpRequestMessage(HttpMethod.Parse(method), address);
        using var answer = await http.SendAsync(request);
        var body = await answer.Content.ReadAsStringAsync();
        Assert.True(status == (int)answer.StatusCode, $"{address}: {(int)answer.StatusCode} {body}");
        var path = address.Split('?')[0];
        Assert.True(
            _paths
                .GetProperty(path)
                .GetProperty(method)
                .GetProperty("responses")
                .TryGetProperty(status.ToString(), out var response),
            $"{address}: {status} is not in the document"
        );
        var mediaType = answer.Content.Headers.ContentType?.MediaType ?? "none";
        Assert.True(
            response.GetProperty("content").TryGetProperty(mediaType, out var content),
            $"{address}: {mediaType} is not in the document"
        );
        if (mediaType.EndsWith("json", StringComparison.Ordinal) && mediaType != "application/x-ndjson")
        {
            var faults = Faults(content.GetProperty("schema").GetRawText(), JsonElement.Parse(body));
            Assert.True(
                faults.Count == 0,
                $"{address}: {string.Join("; ", faults.Take(10))}\n{body[..Math.Min(body.Length, 2000)]}"
            );
        }
        return body;
    }

    /// <summary>
    /// Returns the errors of a value by a schema of the document's components; empty if the value
    /// is valid.
    /// </summary>
    public IReadOnlyList<string> FaultsOf(string name, JsonElement value) =>
        Faults($$"""{"$ref":"#/components/schemas/{{name}}"}""", value);

    private List<string> Faults(string schema, JsonElement value)
    {
        if (!_built.TryGetValue(schema, out var built))
        {
            var text =
                $$"""{"$schema":"https://json-schema.org/draft/2020-12/schema","$defs":{{_definitions}},"allOf":[{{WithLocalReferences(schema)}}]}""";
            _built[schema] = built = JsonSchema.FromText(text, new BuildOptions { SchemaRegistry = new() });
        }
        var results = built.Evaluate(value, Options);
        if (results.IsValid)
            return [];
        return
        [
            .. (results.Details ?? [])
                .Where(detail => detail.Errors is not null)
                .SelectMany(detail => detail.Errors!.Select(error => $"{detail.InstanceLocation} {error.Value}"))
                .Distinct(),
        ];
    }

    private static string WithLocalReferences(string text) =>
        text.Replace("#/components/schemas/", "#/$defs/", StringComparison.Ordinal);

    /// <summary>Restricts an object to the properties of its schema.</summary>
    private static void Close(JsonNode? node)
    {
        switch (node)
        {
            case JsonArray array:
                foreach (var item in array)
                    Close(item);
                break;
            case JsonObject schema:
                foreach (var (_, part) in schema.ToList())
                    Close(part);
                if (schema["properties"] is JsonObject && schema["type"] is not null)
                    schema.TryAdd("additionalProperties", false);
                break;
        }
    }
}
