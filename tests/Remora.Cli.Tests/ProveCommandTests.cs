using System.Text.Json;
using Remora.Bots.Tests;

namespace Remora.Cli.Tests;

/// <summary>
/// <c>remora prove</c> on the store of a service that was restarted, and whose exchange revised a
/// candle.
/// </summary>
[Trait("speed", "slow")]
public sealed class ProveCommandTests : IDisposable
{
    private static readonly Dictionary<string, string> WithStore = new()
    {
        ["REMORA_STORE"] = "true",
        ["WEBHOOK_SECRET"] = "s3cret",
    };
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Stored_answers_are_equal_or_name_the_revised_candle()
    {
        await using var sandbox = RemoraProcess.Start([
            "sandbox",
            "--port",
            "0",
            "--speed",
            "60",
            "--start",
            "2025-02-03T01:00:00Z",
        ]);
        var world = await sandbox.UrlAsync();
        // At this speed a busy machine may be later than a proof allows: one answer has to be
        // equal.
        var answers = new List<string>();
        await using var receiver = await Receiver.StartAsync();
        await using (var service = Serve(world, receiver.Url))
        {
            var url = await service.UrlAsync();
            using var http = new HttpClient();
            for (var i = 8; i <= 12; i++)
            {
                await AnswersAsync(url, service, i);
                answers.Add(await http.GetStringAsync(url + "/api/v1/risk?pair=BTC/USDT&side=short"));
            }
            service.Terminate();
            Assert.Equal(0, await service.ExitAsync());
        }
        await using (var service = Serve(world))
        {
            var url = await service.UrlAsync();
            await AnswersAsync(url, service, 4);
            await PostAsync(world, """{"kind":"price_spike","exchange":"binance"}""");
            await HighestAsync(url, service, highest => highest > 1e6);
            using (var http = new HttpClient())
            using (var cleared = await http.DeleteAsync(world + "/sandbox/faults"))
                Assert.True(cleared.IsSuccessStatusCode);
            await HighestAsync(url, service, highest => highest < 1e6);
            await AnswersAsync(url, service, 4);
            service.Terminate();
            Assert.Equal(0, await service.ExitAsync());
        }

        string[] prove = ["prove", "--pair", "BTC/USDT", "--policy", "remora-1", "--data", _folder.Path];
        var (exit, output, errors) = await RemoraProcess.RunAsync([.. prove, "--json"]);
        Assert.True(exit is 0 or 1, errors);
        var proofs = JsonElement.Parse(output).EnumerateArray().ToList();
        string Of(JsonElement proof, string field) => proof.GetProperty(field).ToString();
        Assert.InRange(proofs.Count, 16, 100_000);
        string[] causes = ["none", "candles", "outside_value"];
        Assert.Equal([], proofs.Where(proof => !causes.Contains(Of(proof, "cause"))).Select(Text));
        Assert.Contains(proofs, proof => Of(proof, "cause") == "none");
        Assert.Contains(
            proofs,
            proof =>
                Of(proof, "cause") == "candles"
                && Of(proof, "explanation").Contains("was revised or changed later", StringComparison.Ordinal)
        );

        string? equal = null;
        foreach (var answer in answers)
        {
            (exit, output, errors) = await ProveAsync(answer);
            Assert.True(exit is 0 or 1, errors);
            if (exit == 0)
                equal = answer;
        }
        Assert.True(equal is not null, output);
        (_, output, _) = await ProveAsync(equal);
        Assert.Contains("is equal, digit for digit", output, StringComparison.Ordinal);

        // The exchange still has the candles, without the spike.
        (exit, output, errors) = await ProveAsync(equal, "--fetch", _folder.File("fetched"), "--sandbox", world);
        Assert.True(exit == 0, output + errors);
        Assert.Contains("none differs", errors, StringComparison.Ordinal);

        var score = JsonElement.Parse(equal).GetProperty("risk_score").GetRawText();
        (exit, output, errors) = await ProveAsync(
            equal.Replace($"\"risk_score\":{score}", "\"risk_score\":0.123456", StringComparison.Ordinal)
        );
        Assert.True(exit == 1, output + errors);
        Assert.Contains($"risk_score is 0.123456 in the answer, computed {score}", output, StringComparison.Ordinal);

        // The event that said so, as it was received
        var said = receiver.Taken.First().Json.GetRawText();
        (exit, output, errors) = await ProveAsync(said);
        Assert.True(exit is 0 or 1, errors);
        Assert.Contains("BTC/USDT", output, StringComparison.Ordinal);
        Assert.Contains(exit == 0 ? "is equal, digit for digit" : "outside_value", output, StringComparison.Ordinal);
        var digit = said.IndexOf("\"hash\":\"", StringComparison.Ordinal) + 8;
        (exit, _, errors) = await ProveAsync(said[..digit] + (said[digit] == '0' ? '1' : '0') + said[(digit + 1)..]);
        Assert.Equal(2, exit);
        Assert.Contains("the event was changed", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wrong_use_is_named()
    {
        var (exit, _, errors) = await RemoraProcess.RunAsync("prove", "--data", _folder.Path);
        Assert.Equal(2, exit);
        Assert.Contains("name either a file with an answer, or --pair", errors, StringComparison.Ordinal);
        (exit, _, errors) = await RemoraProcess.RunAsync(
            "prove",
            _folder.Write("x.json", "{}"),
            "--data",
            _folder.Path
        );
        Assert.Equal(2, exit);
        Assert.Contains("not the assessment of a pair", errors, StringComparison.Ordinal);
    }

    private Task<(int ExitCode, string Output, string Errors)> ProveAsync(string answer, params string[] more) =>
        RemoraProcess.RunAsync(["prove", _folder.Write("answer.json", answer), "--data", _folder.Path, .. more]);

    private static string Text(JsonElement proof) => proof.GetRawText();

    private static async Task AnswersAsync(string url, RemoraProcess service, int count) =>
        await StoreTests.UntilAsync(
            url,
            "/api/v1/history?pair=BTC/USDT&interval=each&from=-2h&limit=1000",
            page => page.GetProperty("rows").GetArrayLength() >= count,
            service
        );

    private static async Task HighestAsync(string url, RemoraProcess service, Func<double, bool> isReached) =>
        await StoreTests.UntilAsync(
            url,
            "/api/v1/candles?pair=BTC/USDT&from=-3h",
            page =>
                page.GetProperty("rows").GetArrayLength() > 0
                && isReached(page.GetProperty("rows").EnumerateArray().Max(row => row.GetProperty("high").GetDouble())),
            service
        );

    private static async Task PostAsync(string world, string fault)
    {
        using var http = new HttpClient();
        using var content = new StringContent(fault);
        using var answer = await http.PostAsync(world + "/sandbox/faults", content);
        Assert.True(answer.IsSuccessStatusCode);
    }

    private RemoraProcess Serve(string world, Uri? receiver = null)
    {
        string[] config = receiver is null
            ? []
            :
            [
                "--config",
                _folder.Write(
                    "remora.json",
                    $$"""{ "webhooks": [ { "url": "{{receiver}}", "secret_env": "WEBHOOK_SECRET" } ] }"""
                ),
            ];
        return RemoraProcess.Start(
            ["serve", "--sandbox", world, "--port", "0", "--pairs", "BTC/USDT", "--data", _folder.Path, .. config],
            WithStore
        );
    }
}
