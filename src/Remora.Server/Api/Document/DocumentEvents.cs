using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using Remora.Bots.Webhooks;

namespace Remora.Server.Api.Document;

/// <summary>
/// Describes what the service sends without a request: the events of the stream, and webhooks.
/// </summary>
internal static class DocumentEvents
{
    private const string StreamEvent = nameof(StreamEvent);

    /// <summary>
    /// Returns a reference to the schema of one event of the stream. OpenAPI 3.1 cannot describe
    /// the items of a stream; by convention, the schema of <c>text/event-stream</c> is the schema
    /// of one event.
    /// </summary>
    public static OpenApiSchemaReference EventOf(OpenApiDocument document) => new(StreamEvent, document);

    public static void Describe(OpenApiDocument document)
    {
        var (one, whole) = (
            AddEvent(document, "AssessmentEvent", "assessment", nameof(Assessment)),
            AddEvent(document, "WholeMarketEvent", "market", nameof(Risk.WholeMarketAssessment))
        );
        document.AddComponent(
            StreamEvent,
            new OpenApiSchema
            {
                Description =
                    "One event of the stream, with its fields. Comments and the field `retry` can occur between "
                    + "events.",
                OneOf = [one, whole],
            }
        );
        document.Webhooks = new Dictionary<string, IOpenApiPathItem>(StringComparer.Ordinal)
        {
            ["change"] = Webhook(document),
        };
    }

    private static OpenApiSchemaReference AddEvent(OpenApiDocument document, string name, string @event, string answer)
    {
        document.AddComponent(
            name,
            new OpenApiSchema
            {
                Type = JsonSchemaType.Object,
                Description = $"An event of the stream with the answer of `/api/v1/risk`: the schema {answer}.",
                Required = new HashSet<string>(StringComparer.Ordinal) { "event", "id", "data" },
                Properties = new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal)
                {
                    ["event"] = new OpenApiSchema { Type = JsonSchemaType.String, Enum = [@event] },
                    ["id"] = new OpenApiSchema
                    {
                        Type = JsonSchemaType.String,
                        Description = "Send the last one as Last-Event-ID to resume after it.",
                        Examples = ["5f3a9c01-42"],
                    },
                    ["data"] = new OpenApiSchema
                    {
                        Type = JsonSchemaType.String,
                        Description = "JSON in one line.",
                        ContentMediaType = "application/json",
                        ContentSchema = new OpenApiSchemaReference(answer, document),
                    },
                },
            }
        );
        return new(name, document);
    }

    private static OpenApiPathItem Webhook(OpenApiDocument document)
    {
        var operation = new OpenApiOperation
        {
            OperationId = "webhook_change",
            Summary = "A verdict or a regime changed",
            Description =
                "Posted to each receiver of the setting `webhooks` when `safe_to_trade` or the regime of a pair "
                + "changes, and by `remora webhook test`. Failures with 408, 425, 429 or 5xx, and no answer within "
                + "five seconds, are retried up to eight times. An event can arrive twice, with the same id.",
            Tags = new HashSet<OpenApiTagReference> { new("Risk", document) },
            Security = [],
            Parameters =
            [
                Header("X-Remora-Event-Id", "The event's id, as in the body.", "evt_5f3a9c0142b7c1d0e9a8f765"),
                Header(
                    WebhookSignature.Header,
                    "`t=TIME,v1=HMAC`: when it was sent, in Unix seconds, and the HMAC-SHA256 in hexadecimal of "
                        + "`TIME.BODY` by the shared secret.",
                    "t=1767225902,v1=9f86d081…"
                ),
            ],
            RequestBody = new OpenApiRequestBody
            {
                Required = true,
                Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal)
                {
                    ["application/json"] = new OpenApiMediaType
                    {
                        Schema = new OpenApiSchemaReference(nameof(WebhookEvent), document),
                    },
                },
            },
            Responses = new()
            {
                ["2XX"] = new OpenApiResponse { Description = "The receiver has accepted the event." },
            },
        };
        return new() { Operations = new() { [HttpMethod.Post] = operation } };
    }

    private static OpenApiParameter Header(string name, string description, string example) =>
        new()
        {
            Name = name,
            In = ParameterLocation.Header,
            Required = true,
            Description = description,
            Schema = new OpenApiSchema { Type = JsonSchemaType.String },
            Example = JsonValue.Create(example),
        };
}
