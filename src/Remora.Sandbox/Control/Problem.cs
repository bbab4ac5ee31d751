using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Remora.Sandbox.Control;

/// <summary>An error of the sandbox itself, as problem+json.</summary>
internal static class Problem
{
    public static async Task Send(
        HttpContext context,
        int status,
        string detail,
        string? field = null,
        IEnumerable<string>? allowed = null
    )
    {
        var body = new JsonObject
        {
            ["type"] = "about:blank",
            ["title"] = status switch
            {
                404 => "Not Found",
                405 => "Method Not Allowed",
                413 => "Content Too Large",
                _ => "Bad Request",
            },
            ["status"] = status,
            ["detail"] = detail,
        };
        if (field is not null)
            body["field"] = field;
        if (allowed is not null)
            body["allowed"] = new JsonArray([.. allowed.Select(value => (JsonNode)value)]);
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/problem+json";
        await context.Response.Body.WriteAsync(SandboxJson.Bytes(body), context.RequestAborted);
    }
}
