using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;
using Remora.Server.Answers;

namespace Remora.Server.Api.Document;

/// <summary>
/// The OpenAPI document. It is generated from the endpoints and completed with the types,
/// parameters, keys, events and webhooks of this service. <c>docs/openapi.json</c> is the document
/// of a service with default settings; a test compares the two.
/// </summary>
internal static class ApiDocument
{
    public static void AddApiDocument(this IServiceCollection services, AssessmentBoard board) =>
        services.AddOpenApi(
            "v1",
            options =>
            {
                options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
                options.CreateSchemaReferenceId = DocumentSchemas.NameOf;
                options.AddSchemaTransformer(DocumentSchemas.Correct);
                options.AddOperationTransformer(
                    (operation, context, _) =>
                    {
                        new DocumentOperation(operation, context).Complete(board);
                        return Task.CompletedTask;
                    }
                );
                options.AddDocumentTransformer(
                    (document, _, _) =>
                    {
                        Describe(document);
                        DocumentKeys.Describe(document);
                        DocumentEvents.Describe(document);
                        DocumentSchemas.Complete(document);
                        return Task.CompletedTask;
                    }
                );
            }
        );

    private static void Describe(OpenApiDocument document)
    {
        document.Info = new()
        {
            Title = "Remora",
            Version = "1",
            License = new() { Name = "MIT", Identifier = "MIT" },
            Description =
                "An open market-risk engine: is it safe to trade now? Times are UTC. Unknown values are null. Every "
                + "property that a schema requires is always present. Later versions may add properties: ignore "
                + "those that you do not know. Assessments have an ETag that stays the same while only their age "
                + "changes: send it as If-None-Match, and the response to an unchanged assessment is 304 without a "
                + "body. HEAD is handled like GET, without the body. With a sandbox every response has the header "
                + "X-Remora-Sandbox.",
        };
        document.Servers = [new() { Url = "/" }];
    }
}
