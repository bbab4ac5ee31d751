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
                "/api/v1/assessment",
                "/api/v1/candles",
                "/api/v1/correlations",
                "/api/v1/decisions",
                "/api/v1/forecast",
                "/api/v1/history",
                "/api/v1/lab",
                "/api/v1/lab/save",
                "/api/v1/news",
                "/api/v1/pairlist",
                "/api/v1/pairs",
                "/api/v1/pairs/accept",
                "/api/v1/policies",
                "/api/v1/portfolio/books",
                "/api/v1/portfolio/risk",
                "/api/v1/regime",
                "/api/v1/reload",
                "/api/v1/risk",
                "/api/v1/risk/batch",
                "/api/v1/scorecard",
                "/api/v1/scorecard/books",
                "/api/v1/sources",
                "/api/v1/status",
                "/api/v1/store",
                "/api/v1/store/tables",
                "/api/v1/stream",
                "/api/v1/traffic",
                "/api/v1/volatility",
                "/healthz",
                "/metrics",
                "/readyz",
            ],
            paths.EnumerateObject().Select(path => path.Name).Order(StringComparer.Ordinal)
        );

        var risk = paths.GetProperty("/api/v1/risk").GetProperty("get");
        var parameters = risk.GetProperty("parameters")
            .EnumerateArray()
            .ToDictionary(parameter => parameter.GetProperty("name").GetString()!);
        Assert.Equal(["exchange", "pair", "policy", "side", "timeframe"], parameters.Keys.Order());
        Assert.Equal(["long", "short"], RiskTests.Texts(parameters["side"].GetProperty("schema").GetProperty("enum")));
        Assert.Equal(
            ["BTC/USDT", "ETH/USDT"],
            RiskTests.Texts(parameters["pair"].GetProperty("schema").GetProperty("examples"))
        );
        Assert.False(
            parameters["pair"].GetProperty("schema").TryGetProperty("enum", out _),
            "a client made of the document must know tomorrow's pairs too"
        );
        foreach (var status in new[] { "200", "304", "400", "401", "404", "429" })
            Assert.True(risk.GetProperty("responses").TryGetProperty(status, out _), status);
        Assert.True(
            risk.GetProperty("responses")
                .GetProperty("400")
                .GetProperty("content")
                .TryGetProperty("application/problem+json", out _)
        );

        var history = paths
            .GetProperty("/api/v1/history")
            .GetProperty("get")
            .GetProperty("responses")
            .GetProperty("200")
            .GetProperty("content")
            .GetProperty("application/json")
            .GetProperty("schema");
        // Buckets, or each assessment.
        Assert.Equal(["#/components/schemas/HistoryPage", "#/components/schemas/AssessmentPage"], References(history));
        Assert.Equal(
            ["#/components/schemas/Assessment", "#/components/schemas/WholeMarketAssessment"],
            References(
                risk.GetProperty("responses")
                    .GetProperty("200")
                    .GetProperty("content")
                    .GetProperty("application/json")
                    .GetProperty("schema")
            )
        );
    }

    [Fact]
    public async Task The_document_says_what_is_always_there_and_forbids_no_more()
    {
        await using var service = await LiveServer.StartAsync();
        var text = await service.Http.GetStringAsync("/openapi/v1.json");
        Assert.DoesNotContain("\"additionalProperties\": false", text, StringComparison.Ordinal);
        var schemas = JsonElement.Parse(text).GetProperty("components").GetProperty("schemas");
        foreach (
            var schema in schemas
                .EnumerateObject()
                .Where(schema => schema.Name != "ApiProblem" && schema.Value.TryGetProperty("properties", out _))
        )
            Assert.Equal(
                schema
                    .Value.GetProperty("properties")
                    .EnumerateObject()
                    .Select(property => property.Name)
                    .Except(Optional(schema.Name))
                    .Order(StringComparer.Ordinal),
                RiskTests.Texts(schema.Value.GetProperty("required")).Order(StringComparer.Ordinal)
            );
        Assert.Equal(
            ["type", "title", "status", "detail"],
            RiskTests.Texts(schemas.GetProperty("ApiProblem").GetProperty("required"))
        );
    }

    [Fact]
    public async Task Keys_events_webhooks_and_files_are_described()
    {
        await using var service = await LiveServer.StartAsync();
        var document = JsonElement.Parse(await service.Http.GetStringAsync("/openapi/v1.json"));
        Assert.Equal(
            "bearer",
            document
                .GetProperty("components")
                .GetProperty("securitySchemes")
                .GetProperty("key")
                .GetProperty("scheme")
                .GetString()
        );
        // With a key, or without one if the settings allow it.
        Assert.Equal(2, document.GetProperty("security").GetArrayLength());
        foreach (var path in document.GetProperty("paths").EnumerateObject())
        {
            var call = path.Value.EnumerateObject().First().Value;
            var isOpen = path.Name is "/healthz" or "/readyz";
            Assert.True(
                isOpen == (call.TryGetProperty("security", out var none) && none.GetArrayLength() == 0),
                path.Name
            );
            foreach (var status in new[] { "401", "429" })
                Assert.True(isOpen != call.GetProperty("responses").TryGetProperty(status, out _), path.Name);
        }

        var webhook = document.GetProperty("webhooks").GetProperty("change").GetProperty("post");
        Assert.Equal(
            "#/components/schemas/WebhookEvent",
            webhook
                .GetProperty("requestBody")
                .GetProperty("content")
                .GetProperty("application/json")
                .GetProperty("schema")
                .GetProperty("$ref")
                .GetString()
        );
        var stream = Content(document, "/api/v1/stream");
        Assert.Equal(
            "#/components/schemas/StreamEvent",
            stream.GetProperty("text/event-stream").GetProperty("schema").GetProperty("$ref").GetString()
        );
        foreach (var path in new[] { "history", "candles", "traffic" })
            Assert.Equal(
                [
                    "application/json",
                    "application/vnd.apache.arrow.file",
                    "application/vnd.apache.parquet",
                    "application/x-ndjson",
                    "text/csv",
                ],
                Content(document, "/api/v1/" + path)
                    .EnumerateObject()
                    .Select(kind => kind.Name)
                    .Order(StringComparer.Ordinal)
            );
    }

    [Fact]
    public async Task The_schemas_are_those_of_the_answers()
    {
        await using var service = await LiveServer.StartAsync();
        await service.WarmAsync();
        var document = await service.Http.GetStringAsync("/openapi/v1.json");
        Assert.DoesNotContain("NaN", document, StringComparison.Ordinal);
        var schemas = JsonElement.Parse(document).GetProperty("components").GetProperty("schemas");
        foreach (
            var (path, name) in new[]
            {
                ("risk?pair=BTC/USDT", "Assessment"),
                ("risk", "WholeMarketAssessment"),
                ("regime?pair=BTC/USDT", "RegimeAnswer"),
                ("forecast?pair=BTC/USDT", "ForecastAnswer"),
                ("status", "ServiceStatus"),
                ("policies", "PolicyList"),
            }
        )
        {
            var answer = await service.GetAsync("/api/v1/" + path);
            Assert.Equal(
                answer.EnumerateObject().Select(property => property.Name).Order(StringComparer.Ordinal),
                schemas
                    .GetProperty(name)
                    .GetProperty("properties")
                    .EnumerateObject()
                    .Select(property => property.Name)
                    .Except(Optional(name))
                    .Order(StringComparer.Ordinal)
            );
        }
        var properties = schemas.GetProperty("Assessment").GetProperty("properties");
        Assert.Equal(
            "[\"null\",\"number\"]",
            properties.GetProperty("risk_score").GetProperty("type").GetRawText().Replace(" ", "").Replace("\n", "")
        );
        Assert.Equal("#/components/schemas/Pair", properties.GetProperty("pair").GetProperty("$ref").GetString());
        // Null is valid once: here, and not in the referenced schema as well.
        foreach (var name in new[] { "Assessment", "WholeMarketAssessment" })
        {
            var regime = schemas.GetProperty(name).GetProperty("properties").GetProperty("regime");
            Assert.Equal("null", regime.GetProperty("oneOf")[0].GetProperty("type").GetString());
            Assert.Equal("#/components/schemas/Regime", regime.GetProperty("oneOf")[1].GetProperty("$ref").GetString());
        }
        Assert.DoesNotContain(
            schemas.GetProperty("Regime").GetProperty("enum").EnumerateArray(),
            value => value.ValueKind == JsonValueKind.Null
        );
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
            Assert.DoesNotContain("//", text.Replace("// Shows", ""), StringComparison.Ordinal); // no external address
        }
    }

    private static IEnumerable<string?> References(JsonElement schema) =>
        schema.GetProperty("oneOf").EnumerateArray().Select(one => one.GetProperty("$ref").GetString());

    private static JsonElement Content(JsonElement document, string path) =>
        document
            .GetProperty("paths")
            .GetProperty(path)
            .GetProperty("get")
            .GetProperty("responses")
            .GetProperty("200")
            .GetProperty("content");

    // What an answer has only for a pair that is not tracked, and a policy only by the forecast.
    private static string[] Optional(string schema) =>
        schema switch
        {
            "Assessment" => ["untracked"],
            "WholeMarketAssessment" => ["pair", "untracked"],
            "PortfolioRequest" => ["horizon", "limit", "candidate"],
            "PositionRequest" => ["side", "notional", "amount", "price", "leverage", "stop_price", "liquidation_price"],
            "DecisionReport" =>
            [
                "strategy",
                "exchange",
                "side",
                "blocked_by",
                "price",
                "stake",
                "leverage",
                "fee",
                "tag",
                "stop_loss",
                "roi",
            ],
            "RiskPolicy" => ["horizon", "target_volatility", "block_from"],
            _ => [],
        };
}
