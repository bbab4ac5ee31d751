using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Remora.Markets;
using Remora.Risk;
using Remora.Server.Access;
using Remora.Server.Tests.OpenApi;
using Remora.Testing;

namespace Remora.Server.Tests.Lab;

public sealed class LabApiTests
{
    private const string Try = "/api/v1/lab?pair=BTC/USDT";
    private const string Save = "/api/v1/lab/save?pair=BTC/USDT";
    private const string Calmer = """{"name":"calmer","model":"remora-2","block_from":0.8}""";

    [Fact]
    public async Task A_tried_policy_is_answered_by_the_document_counted_and_saved_as_a_file()
    {
        using var folder = new LabFolder(120, Timeframe.OneHour);
        await using (var service = await LiveServer.StartAsync(folder.Settings))
        {
            var schemas = await ApiSchemas.OfAsync(service.Http);
            var trial = await PostAsync(service, Try, Calmer);
            Assert.Empty(schemas.FaultsOf("LabTrial", trial));
            Assert.Equal(1, trial.GetProperty("luck").GetProperty("tried").GetInt32());
            Assert.StartsWith(
                "This policy blocks ",
                trial.GetProperty("summary").GetString(),
                StringComparison.Ordinal
            );
            // Assessments are answered as ever while the lab computes.
            var computing = PostAsync(service, Try, """{"model":"remora-2","block_from":0.7}""");
            await service.GetAsync("/api/v1/risk?pair=BTC/USDT");
            await computing;

            var saved = await PostAsync(service, Save, Calmer);
            Assert.Empty(schemas.FaultsOf("LabSaved", saved));
            Assert.NotEqual(JsonValueKind.Null, saved.GetProperty("sealed").ValueKind);
            var policy = PolicyFile.Parse(Encoding.UTF8.GetBytes(saved.GetProperty("file").GetString()!));
            Assert.Contains("2 policies tried on binance BTC/USDT 1h", policy.Description);
        }
        // The count and the seal survive a restart.
        await using var again = await LiveServer.StartAsync(folder.Settings);
        var third = await PostAsync(again, Save, """{"name":"third","model":"remora-2","block_from":0.6}""");
        Assert.Equal(3, third.GetProperty("trial").GetProperty("luck").GetProperty("tried").GetInt32());
        Assert.Equal(JsonValueKind.Null, third.GetProperty("sealed").ValueKind);
        Assert.Contains("were shown when calmer was saved", third.GetProperty("sealed_summary").GetString());
    }

    [Theory]
    [InlineData(Try, """{"block_from":7,"model":"remora-1"}""", "block_from", "has an effect only with")]
    [InlineData(Try, """{"model":"remora-2","target_volatility":70}""", "target_volatility", "a ratio above 0 to 10")]
    [InlineData(Try, """{"decision":{"blocking_flags":["fear"]}}""", "decision.blocking_flags", "extreme_fear, panic")]
    [InlineData(Try, """{"name":"a b"}""", "name", "letters, digits")]
    [InlineData(Try, "[]", "policy", "must be an object")]
    [InlineData(Save, """{"name":"remora-1"}""", "name", "is taken by another policy")]
    [InlineData("/api/v1/lab?pair=BTCUSDT", Calmer, "pair", "BTC/USDT")]
    [InlineData("/api/v1/lab", Calmer, "pair", "is missing")]
    public async Task What_is_wrong_is_named(string address, string body, string parameter, string expected)
    {
        using var folder = new LabFolder(1, Timeframe.OneHour);
        await using var service = await LiveServer.StartAsync(folder.Settings);
        var problem = await PostAsync(service, address, body, HttpStatusCode.BadRequest);
        Assert.Equal(parameter, problem.GetProperty("parameter").GetString());
        Assert.Contains(expected, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_enough_candles_it_says_how_many_are_there()
    {
        using var folder = new LabFolder(40, Timeframe.OneHour);
        await using (var service = await LiveServer.StartAsync(folder.Settings))
        {
            var few = await PostAsync(service, Try, Calmer, HttpStatusCode.Conflict);
            Assert.Contains("needs 90 days of candles", few.GetProperty("detail").GetString());
            Assert.Contains("there are 40", few.GetProperty("detail").GetString());
            var none = await PostAsync(service, "/api/v1/lab?pair=ETH/USDT", Calmer, HttpStatusCode.Conflict);
            Assert.Contains("remora history fetch", none.GetProperty("detail").GetString());
        }
        await using var without = await LiveServer.StartAsync(folder.Settings with { LabCandles = null });
        var problem = await PostAsync(without, Try, Calmer, HttpStatusCode.Conflict);
        Assert.Contains("lab_candles names no folder", problem.GetProperty("detail").GetString());
    }

    [Fact]
    public async Task A_body_that_is_too_large_or_no_json_is_refused()
    {
        using var folder = new LabFolder(1, Timeframe.OneHour);
        await using var service = await LiveServer.StartAsync(folder.Settings);
        var large = $$"""{"description":"{{new string('x', 70_000)}}"}""";
        await PostAsync(service, Try, large, HttpStatusCode.RequestEntityTooLarge);
        using var text = new StringContent(Calmer, Encoding.UTF8, "text/plain");
        using var response = await service.Http.PostAsync(Try, text);
        Assert.True(response.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.UnsupportedMediaType);
    }

    [Fact]
    public async Task Only_callers_who_may_change_the_service_use_it()
    {
        using var folder = new LabFolder(120, Timeframe.OneHour);
        var secrets = new Dictionary<string, string>
        {
            ["bot"] = ApiKey.NewSecret(),
            ["reader"] = ApiKey.NewSecret(),
            ["person"] = ApiKey.NewSecret(),
        };
        var scopes = new Dictionary<string, IReadOnlyList<string>?>
        {
            ["bot"] = [KeyScopes.Decisions],
            ["reader"] = [KeyScopes.Read],
            ["person"] = null,
        };
        new KeyFile(folder.Settings.DataFolder).Change(keys =>
            [
                .. keys,
                .. secrets.Select(one => new ApiKey(one.Key, ApiKey.HashOf(one.Value), Some.Time, null, null, null)
                {
                    Scopes = scopes[one.Key],
                }),
            ]
        );
        await using var service = await LiveServer.StartAsync(folder.Settings with { RequireKeys = true });
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(null));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(secrets["bot"]));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(secrets["reader"]));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(secrets["person"]));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(secrets["person"], "https://other.example"));

        async Task<HttpStatusCode> StatusAsync(string? secret, string? origin = null)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, Try)
            {
                Content = new StringContent(Calmer, Encoding.UTF8, "application/json"),
            };
            if (secret is not null)
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", secret);
            if (origin is not null)
                request.Headers.Add("Origin", origin);
            using var response = await service.Http.SendAsync(request);
            return response.StatusCode;
        }
    }

    private static async Task<JsonElement> PostAsync(
        LiveServer service,
        string address,
        string body,
        HttpStatusCode status = HttpStatusCode.OK
    )
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await service.Http.PostAsync(address, content);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(status == response.StatusCode, $"{(int)response.StatusCode} {text}");
        return JsonElement.Parse(text);
    }
}
