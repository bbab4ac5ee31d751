using System.Net;
using System.Net.Sockets;
using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Remora.Server.Tests;

public sealed class ErrorTests
{
    [Theory]
    [InlineData("/risk?pair=BTCUSDT", "pair", "Did you mean BTC/USDT?")]
    [InlineData("/risk?pair=btc-usdt", "pair", "Did you mean BTC/USDT?")]
    [InlineData("/risk?pair=ETH", "pair", "Did you mean ETH/USDT?")]
    [InlineData("/risk?pair=", "pair", "empty")]
    [InlineData("/risk?pair", "pair", "empty")]
    [InlineData("/risk?pair=BTC/USDT&pair=ETH/USDT", "pair", "2 times")]
    [InlineData("/risk?pair=BTC/USDT&PAIR=BTC/USDT", "PAIR", "2 times")]
    [InlineData("/risk?pear=BTC/USDT", "pear", "did you mean 'pair'?")]
    [InlineData("/risk?pair=BTC/USDT&side=up", "side", "long or short")]
    [InlineData("/risk?pair=BTC/USDT&policy=mine", "policy", "remora-1")]
    [InlineData("/risk?pair=BTC/USDT&exchange=kraken", "exchange", "binance")]
    [InlineData("/risk?pair=BTC/USDT&timeframe=7m", "timeframe", "5m")]
    [InlineData("/risk?timeframe=5m", "timeframe", "set 'pair' too")]
    [InlineData("/risk/batch", "pairs", "missing")]
    [InlineData("/risk/batch?pairs=BTC/USDT,,ETH/USDT", "pairs", "not a pair")]
    [InlineData("/regime", "pair", "missing")]
    [InlineData("/volatility?pair=BTC/USDT&side=long", "side", "Unknown parameter")]
    [InlineData("/forecast", "pair", "missing")]
    [InlineData("/forecast?pair=BTC/USDT&horizon=2h", "horizon", "1h, 4h or 24h")]
    [InlineData("/forecast?pair=BTC/USDT&fall=0", "fall", "above 0 and below 1")]
    [InlineData("/forecast?pair=BTC/USDT&fall=1", "fall", "above 0 and below 1")]
    [InlineData("/forecast?pair=BTC/USDT&rise=-0.1", "rise", "above 0 and below 1")]
    [InlineData("/forecast?pair=BTC/USDT&rise=NaN", "rise", "above 0 and below 1")]
    [InlineData("/forecast?pair=BTC/USDT&fall=3%25", "fall", "'3%' is not a ratio")]
    [InlineData("/status?pretty=1", "pretty", "takes none")]
    public async Task Bad_input_names_the_parameter_and_what_is_allowed(string path, string parameter, string hint)
    {
        await using var service = await LiveServer.StartAsync();
        var problem = await service.GetAsync("/api/v1" + path, HttpStatusCode.BadRequest);
        Assert.Equal(parameter, problem.GetProperty("parameter").GetString(), ignoreCase: true);
        Assert.Contains(hint, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal(
            (400, "Bad Request", "about:blank"),
            (
                problem.GetProperty("status").GetInt32(),
                problem.GetProperty("title").GetString(),
                problem.GetProperty("type").GetString()
            )
        );
    }

    [Fact]
    public async Task An_unknown_pair_is_404_with_the_nearest_ones()
    {
        await using var service = await LiveServer.StartAsync();
        foreach (
            var path in new[] { "risk?pair=ETC/USDT", "risk/batch?pairs=ETC/USDT,LTC/USDT", "regime?pair=ETC/USDT" }
        )
        {
            var problem = await service.GetAsync("/api/v1/" + path, HttpStatusCode.NotFound);
            Assert.Equal(["BTC/USDT", "ETH/USDT"], RiskTests.Texts(problem.GetProperty("nearest")).Order());
        }
    }

    [Fact]
    public async Task A_batch_answers_for_what_is_tracked_and_names_what_is_not()
    {
        await using var service = await LiveServer.StartAsync();
        var batch = await service.GetAsync("/api/v1/risk/batch?pairs=etc/usdt,ETH/USDT,BTC/USDT");
        Assert.Equal(
            ["ETH/USDT", "BTC/USDT"],
            batch.GetProperty("assessments").EnumerateArray().Select(answer => answer.GetProperty("pair").GetString())
        );
        var unknown = Assert.Single(batch.GetProperty("unknown").EnumerateArray());
        Assert.Equal("ETC/USDT", unknown.GetProperty("pair").GetString());
        Assert.Equal(["BTC/USDT", "ETH/USDT"], RiskTests.Texts(unknown.GetProperty("nearest")).Order());
        Assert.Empty(
            (await service.GetAsync("/api/v1/risk/batch?pairs=ETH/USDT")).GetProperty("unknown").EnumerateArray()
        );
    }

    [Theory]
    [InlineData("/api/v1/risk?pair=BTC/USDT", 200)]
    [InlineData("/api/v1/RISK", 200)]
    [InlineData("/api/v1/status", 200)]
    [InlineData("/healthz", 200)]
    [InlineData("/openapi/v1.json", 200)]
    [InlineData("/api/v1/risk?pair=DOGE/USDT", 404)]
    public async Task Head_is_answered_as_get_is_without_the_body(string path, int status)
    {
        await using var service = await LiveServer.StartAsync();
        using var get = await service.Http.GetAsync(path);
        using var socket = new TcpClient();
        await socket.ConnectAsync(service.Http.BaseAddress!.Host, service.Http.BaseAddress.Port);
        await using var stream = socket.GetStream();
        await stream.WriteAsync(
            Encoding.Latin1.GetBytes($"HEAD {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        );
        using var reader = new StreamReader(stream, Encoding.Latin1);
        var answer = await reader.ReadToEndAsync();
        Assert.StartsWith($"HTTP/1.1 {status} ", answer);
        Assert.EndsWith("\r\n\r\n", answer); // headers, and nothing after them
        if (get.Content.Headers.ContentLength is { } length && path.Contains("pair"))
            Assert.Contains($"Content-Length: {length}\r\n", answer);
        Assert.Contains($"Content-Type: {get.Content.Headers.ContentType!.MediaType}", answer);
    }

    [Fact]
    public async Task Other_paths_and_methods_are_problems_too()
    {
        await using var service = await LiveServer.StartAsync();
        Assert.Contains(
            "/reference",
            (await service.GetAsync("/api/v2/risk", HttpStatusCode.NotFound)).GetProperty("detail").GetString(),
            StringComparison.Ordinal
        );
        foreach (var method in new[] { "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "BREW" })
        {
            using var response = await service.Http.SendAsync(new(new(method), "/api/v1/risk?pair=BTC/USDT"));
            Assert.Equal(HttpStatusCode.MethodNotAllowed, response.StatusCode);
            Assert.Equal(["GET"], response.Content.Headers.Allow);
        }
    }

    [Fact]
    public async Task What_is_too_long_is_refused()
    {
        await using var service = await LiveServer.StartAsync();
        Assert.Equal(414, await StatusAsync(service, "/api/v1/risk?pair=" + new string('A', 20_000)));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/risk");
        request.Headers.Add("X-Long", new string('a', 100_000));
        using var response = await service.Http.SendAsync(request);
        Assert.Equal(431, (int)response.StatusCode);
        Assert.Contains(
            "251",
            (
                await service.GetAsync(
                    "/api/v1/risk/batch?pairs=" + string.Join(',', Enumerable.Repeat("BTC/USDT", 251)),
                    HttpStatusCode.BadRequest
                )
            )
                .GetProperty("detail")
                .GetString(),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task No_query_whatsoever_is_answered_with_anything_but_what_is_allowed()
    {
        await using var service = await LiveServer.StartAsync();
        await service.WarmAsync();
        var endpoints = Gen.Elements(
            "/api/v1/risk",
            "/api/v1/risk/batch",
            "/api/v1/regime",
            "/api/v1/volatility",
            "/api/v1/forecast",
            "/api/v1/pairs",
            "/api/v1/policies",
            "/api/v1/sources",
            "/api/v1/status",
            "/healthz",
            "/openapi/v1.json",
            "/reference",
            "/api/v1/nothing"
        );
        var names = Gen.OneOf(
            Gen.Elements("pair", "pairs", "exchange", "timeframe", "side", "policy", "PAIR", "", "pair%00", "%"),
            Hostile()
        );
        var values = Gen.OneOf(
            Gen.Elements(
                "BTC/USDT",
                "btc%2Fusdt",
                "ETH/USDT",
                "binance",
                "5m",
                "long",
                "short",
                "remora-1",
                "DOGE/USDT",
                "BTC/USDT,ETH/USDT",
                ""
            ),
            Hostile()
        );
        var parts = Gen.Zip(names, values).Select(pair => $"{pair.Item1}={pair.Item2}").ListOf(4);
        var targets = Gen.Zip(endpoints, parts)
            .Select(pair => pair.Item2.Count == 0 ? pair.Item1 : $"{pair.Item1}?{string.Join('&', pair.Item2)}");
        var seen = new HashSet<int>();
        await Task.Run(() =>
            Prop.ForAll(
                    targets.ToArbitrary(),
                    target =>
                    {
                        var status = StatusAsync(service, target).GetAwaiter().GetResult();
                        seen.Add(status);
                        return (status is 200 or 400 or 404 or 414).Label($"{target} gave {status}");
                    }
                )
                .Check(Config.QuickThrowOnFailure.WithMaxTest(1500))
        );
        Assert.Superset(new HashSet<int> { 200, 400, 404 }, seen);
        Assert.False(service.Host.Completion.IsCompleted);
    }

    /// <summary>Generates any characters that a request line can contain, valid or not.</summary>
    private static Gen<string> Hostile() =>
        Gen.OneOf(
            Gen.Choose(0x21, 0xFF)
                .Where(c => c is not (0x7F or '#'))
                .Select(c => ((char)c).ToString())
                .ListOf(12)
                .Select(string.Concat),
            Gen.Choose(0, 0xFF).Select(c => $"%{c:X2}").ListOf(12).Select(string.Concat),
            Gen.Elements(
                "%C0%AF",
                "%GG",
                "%",
                "%2",
                "..%2F..",
                "%F0%9F%92%A9",
                "A/B",
                "A/B:C",
                "////",
                "+",
                "%20",
                "a=b",
                "&&",
                "%u0041",
                new string('9', 400),
                "1e999",
                "null",
                "-0"
            )
        );

    /// <summary>
    /// Returns the status of exactly this request line, which no client library would send.
    /// </summary>
    private static async Task<int> StatusAsync(LiveServer service, string target)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(service.Http.BaseAddress!.Host, service.Http.BaseAddress.Port);
        await using var stream = socket.GetStream();
        await stream.WriteAsync(
            Encoding.Latin1.GetBytes($"GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        );
        using var reader = new StreamReader(stream, Encoding.Latin1);
        var line = await reader.ReadLineAsync();
        return int.Parse(line!.Split(' ')[1]);
    }
}
