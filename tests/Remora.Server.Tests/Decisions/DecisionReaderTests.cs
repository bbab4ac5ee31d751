using System.Net;
using System.Text;
using System.Text.Json;
using Remora.Server.Api.Decisions;
using Remora.Testing;

namespace Remora.Server.Tests.Decisions;

/// <summary>What is wrong in a report is named by the path of its field.</summary>
public sealed class DecisionReaderTests
{
    private const string Good = """
        "id":"a-1","bot":"bot","pair":"BTC/USDT","at":"2024-01-01T00:00:00Z","verdict":"refused"
        """;

    [Theory]
    [InlineData("", "body", "expected a JSON object with 'decisions'")]
    [InlineData("[]", "body", "expected a JSON object")]
    [InlineData("null", "decisions", "expected a list of 1 to 100 entries")]
    [InlineData("""{"decisions":[]}""", "decisions", "expected a list of 1 to 100")]
    [InlineData("""{"decisions":[null]}""", "decisions[0]", "expected an object")]
    [InlineData("""{"decision":[]}""", "decision", "unknown field: expected decisions, ")]
    [InlineData("""{"decisions":[{"id":"a b"}]}""", "decisions[0].id", "letters, digits")]
    [InlineData("""{"decisions":[{"id":7}]}""", "decisions[0].id", "letters, digits")]
    [InlineData("""{"decisions":[{"id":"a"}]}""", "decisions[0].bot", "1 to 64 characters")]
    [InlineData("""{"decisions":[{"id":"a","bot":"b","pair":"BTC"}]}""", "decisions[0].pair", "such as BTC/USDT")]
    [InlineData("""{"decisions":[{"id":"a","bot":"b","pair":"BTC/USDT"}]}""", "decisions[0].at", "ISO-8601")]
    public void A_wrong_report_is_refused(string body, string field, string reason) => IsRefused(body, field, reason);

    [Theory]
    [InlineData("\"side\":\"up\"", "side", "long or short")]
    [InlineData("\"verdict\":\"no\"", "verdict", "allowed, refused or locked")]
    [InlineData("\"at\":\"2008-12-31T00:00:00Z\"", "at", "from 2009 on and not in the future")]
    [InlineData("\"at\":\"2024-03-01T00:00:01Z\"", "at", "from 2009 on and not in the future")]
    [InlineData("\"price\":0", "price", "above 0")]
    [InlineData("\"price\":1e400", "price", "above 0")]
    [InlineData("\"stake\":-1", "stake", "above 0")]
    [InlineData("\"leverage\":1001", "leverage", "at most 1000")]
    [InlineData("\"fee\":0.1", "fee", "below 0.1")]
    [InlineData("\"stop_loss\":0", "stop_loss", "below 0")]
    [InlineData("\"stop_loss\":\"-0.1\"", "stop_loss", "below 0")]
    [InlineData("\"blocked_by\":[\"\"]", "blocked_by", "at most 20 names")]
    [InlineData("\"blocked_by\":[3]", "blocked_by[0]", "at most 20 names")]
    [InlineData("\"exchange\":\"../x\"", "exchange", "CCXT id")]
    [InlineData("\"roi\":[{\"minutes\":-1,\"profit\":0}]", "roi[0].minutes", "from 0")]
    [InlineData("\"roi\":[{\"minutes\":0,\"profit\":2000}]", "roi[0].profit", "from -1000 to 1000")]
    [InlineData("\"roi\":[{\"minutes\":5,\"profit\":0},{\"minutes\":5,\"profit\":0}]", "roi", "ascending")]
    [InlineData("\"roi\":[{\"minutes\":0,\"profit\":0,\"x\":1}]", "roi[0].x", "unknown field")]
    [InlineData("\"more\":1", "more", "unknown field")]
    public void A_wrong_field_is_named(string field, string name, string reason) =>
        IsRefused($$"""{"decisions":[{{{Good}}},{{{Good}},{{field}}}]}""", $"decisions[1].{name}", reason);

    [Fact]
    public void Bounds_hold()
    {
        string Of(int count) => $$"""{"decisions":[{{string.Join(',', Enumerable.Repeat($"{{{Good}}}", count))}}]}""";
        Assert.True(DecisionReader.TryParse(Encoding.UTF8.GetBytes(Of(100)), Some.Time, out var reports, out _));
        Assert.Equal((100, 1.0, 0.001), (reports.Count, reports[0].Leverage, reports[0].Fee));
        IsRefused(Of(101), "decisions", "1 to 100");
        var steps = string.Join(',', Enumerable.Range(0, 21).Select(i => $$"""{"minutes":{{i}},"profit":0}"""));
        IsRefused($$"""{"decisions":[{{{Good}},"roi":[{{steps}}]}]}""", "decisions[0].roi", "at most 20 steps");
        IsRefused(
            $$"""{"decisions":[{{{Good}},"tag":"{{new string('x', 256)}}"}]}""",
            "decisions[0].tag",
            "at most 255"
        );
    }

    [Fact]
    public async Task The_interface_checks_the_body_before_the_store()
    {
        await using var service = await LiveServer.StartAsync();
        async Task<(HttpStatusCode, string)> PostAsync(string body, string type = "application/json")
        {
            using var content = new StringContent(body, Encoding.UTF8, type);
            using var response = await service.Http.PostAsync("/api/v1/decisions", content);
            return (response.StatusCode, await response.Content.ReadAsStringAsync());
        }
        var (status, text) = await PostAsync("""{"decisions":[{"id":"a"}]}""");
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Equal("decisions[0].bot", JsonElement.Parse(text).GetProperty("parameter").GetString());
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, (await PostAsync("{}", "text/plain")).Item1);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await PostAsync(new string(' ', 65 << 10))).Item1);
        (status, text) = await PostAsync($$"""{"decisions":[{{{Good}}}]}""");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
        Assert.Contains("runs without a store", text, StringComparison.Ordinal);
        foreach (var (query, parameter) in new[] { ("from=-93d", "from"), ("limit=1001", "limit"), ("to=x", "to") })
        {
            using var response = await service.Http.GetAsync($"/api/v1/decisions?{query}");
            Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
            var problem = JsonElement.Parse(await response.Content.ReadAsStringAsync());
            Assert.Equal(parameter, problem.GetProperty("parameter").GetString());
        }
    }

    private static void IsRefused(string body, string field, string reason)
    {
        Assert.False(DecisionReader.TryParse(Encoding.UTF8.GetBytes(body), Some.Time, out _, out var problem));
        Assert.Equal((400, field), (problem.Problem.Status, problem.Problem.Parameter));
        Assert.Contains(reason, problem.Problem.Detail, StringComparison.Ordinal);
    }
}
