using System.Text.Json;

namespace Remora.Server.Tests;

public sealed class DocumentTests
{
    [Fact]
    public async Task The_document_describes_every_call_with_its_parameters_and_answers()
    {
        await using var service = await LiveServer.StartAsync();
        using var response = await service.Http.GetAsync("/openapi/v1.json");
        var document = JsonElement.Parse(await response.Content.ReadAsStringAsync());
        Assert.StartsWith("3.1", document.GetProperty("openapi").GetString(), StringComparison.Ordinal);
        var paths = document.GetProperty("paths");
        Assert.Equal(
            [
                "/api/v1/assessment", "/api/v1/candles", "/api/v1/history", "/api/v1/news", "/api/v1/pairs", "/api/v1/pairs/accept", "/api/v1/policies", "/api/v1/regime", "/api/v1/risk", "/api/v1/risk/batch", "/api/v1/sources",
                "/api/v1/status", "/api/v1/store", "/api/v1/store/tables", "/api/v1/stream", "/api/v1/traffic", "/api/v1/volatility", "/healthz", "/metrics", "/readyz",
            ],
            paths.EnumerateObject().Select(path => path.Name).Order(StringComparer.Ordinal));

        var risk = paths.GetProperty("/api/v1/risk").GetProperty("get");
        var parameters = risk.GetProperty("parameters").EnumerateArray().ToDictionary(parameter => parameter.GetProperty("name").GetString()!);
        Assert.Equal(["exchange", "pair", "policy", "side", "timeframe"], parameters.Keys.Order());
        Assert.Equal(["long", "short"], RiskTests.Texts(parameters["side"].GetProperty("schema").GetProperty("enum")));
        Assert.Equal(["BTC/USDT", "ETH/USDT"], RiskTests.Texts(parameters["pair"].GetProperty("schema").GetProperty("enum")));
        foreach (var status in new[] { "200", "304", "400", "404" }) Assert.True(risk.GetProperty("responses").TryGetProperty(status, out _), status);
        Assert.True(risk.GetProperty("responses").GetProperty("400").GetProperty("content").TryGetProperty("application/problem+json", out _));

        var history = paths.GetProperty("/api/v1/history").GetProperty("get").GetProperty("responses").GetProperty("200").GetProperty("content").GetProperty("application/json").GetProperty("schema");
        Assert.Equal(
            ["#/components/schemas/HistoryPage", "#/components/schemas/SaidPage"], // buckets, or each assessment
            history.GetProperty("oneOf").EnumerateArray().Select(schema => schema.GetProperty("$ref").GetString()));
    }

    [Fact]
    public async Task The_schemas_are_those_of_the_answers()
    {
        await using var service = await LiveServer.StartAsync();
        await service.WarmAsync();
        var document = await service.Http.GetStringAsync("/openapi/v1.json");
        Assert.DoesNotContain("NaN", document, StringComparison.Ordinal);
        var schemas = JsonElement.Parse(document).GetProperty("components").GetProperty("schemas");
        foreach (var (path, name) in new[] { ("risk?pair=BTC/USDT", "Assessment"), ("risk", "WholeMarketAssessment"), ("regime?pair=BTC/USDT", "RegimeAnswer"), ("status", "ServiceStatus"), ("policies", "PolicyList") })
        {
            var answer = await service.GetAsync("/api/v1/" + path);
            Assert.Equal(
                answer.EnumerateObject().Select(property => property.Name).Order(StringComparer.Ordinal),
                schemas.GetProperty(name).GetProperty("properties").EnumerateObject().Select(property => property.Name).Order(StringComparer.Ordinal));
        }
        var properties = schemas.GetProperty("Assessment").GetProperty("properties");
        Assert.Equal("[\"null\",\"number\"]", properties.GetProperty("risk_score").GetProperty("type").GetRawText().Replace(" ", "").Replace("\n", ""));
        Assert.Equal("string", properties.GetProperty("pair").GetProperty("type").GetString());
    }

    [Fact]
    public async Task The_reference_page_asks_nobody_else()
    {
        await using var service = await LiveServer.StartAsync();
        using var page = await service.Http.GetAsync("/reference");
        var policy = Assert.Single(page.Headers.GetValues("Content-Security-Policy"));
        Assert.StartsWith("default-src 'none'; script-src 'self'; style-src 'self'", policy, StringComparison.Ordinal);
        foreach (var file in new[] { "reference", "reference.css", "reference.js" })
        {
            var text = await service.Http.GetStringAsync("/" + file);
            Assert.NotEmpty(text);
            Assert.DoesNotContain("//", text.Replace("// Shows", ""), StringComparison.Ordinal); // no address of anyone
        }
    }
}
