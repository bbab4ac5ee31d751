using Microsoft.OpenApi;
using Remora.Server.Settings;
using Remora.Testing;

namespace Remora.Server.Tests.OpenApi;

/// <summary>
/// Tests that docs/openapi.json equals the document of a service with default settings.
/// </summary>
public sealed class DocumentFileTests
{
    [Fact]
    public async Task The_committed_document_is_the_one_that_is_served()
    {
        var served = await ServedAsync();
        var committed = Repository.PathOf("docs", "openapi.json");
        if (File.Exists(committed) && await File.ReadAllTextAsync(committed) == served)
            return;
        var latest = Repository.PathOf("artifacts", "openapi.json");
        await File.WriteAllTextAsync(latest, served);
        Assert.Fail(
            "docs/openapi.json is not the document that the service serves. Where the change is meant: cp "
                + "artifacts/openapi.json docs/openapi.json"
        );
    }

    [Fact]
    public async Task The_document_is_valid_and_needs_no_hint()
    {
        var read = OpenApiDocument.Parse(await ServedAsync(), "json");
        Assert.Empty(read.Diagnostic!.Errors);
        Assert.Empty(read.Diagnostic.Warnings);
    }

    private static async Task<string> ServedAsync()
    {
        await using var service = await LiveServer.StartAsync(new ServiceSettings { Port = 0 });
        return (await service.Http.GetStringAsync("/openapi/v1.json")).ReplaceLineEndings("\n").TrimEnd() + "\n";
    }
}
