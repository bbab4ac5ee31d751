using System.Globalization;
using System.Text.Json;

namespace Remora.Cli.Tests;

/// <summary>What an exchange or a source said and then takes back: the real program with a store, on a sandbox in another process.</summary>
public sealed class RevisionTests : IDisposable
{
    private static readonly Dictionary<string, string> WithStore = new() { ["REMORA_STORE"] = "true" };

    private readonly string _data = Directory.CreateTempSubdirectory("remora-").FullName;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task A_value_that_its_source_revised_while_the_service_was_off_counts_after_the_start()
    {
        await using var sandbox = RemoraProcess.Start(["sandbox", "--port", "0", "--speed", "60", "--start", "2025-02-03T01:00:00Z"]);
        var world = await sandbox.UrlAsync();
        await HoldAsync(world, 50);
        string before;
        await using (var service = Serve(world))
        {
            var url = await service.UrlAsync();
            await StoreTests.UntilAsync(url, "/api/v1/risk?pair=BTC/USDT", risk => IsFear(risk, 50), service);
            var stored = await StoreTests.UntilAsync(url, "/api/v1/assessment?pair=BTC/USDT&at=now", said => IsFear(said, 50), service);
            before = stored.GetProperty("assessed_at").GetString()!;
            service.Terminate();
            Assert.Equal(0, await service.ExitAsync());
        }

        await HoldAsync(world, 5);
        string revised;
        await using (var service = Serve(world))
        {
            var url = await service.UrlAsync();
            await StoreTests.UntilAsync(url, "/api/v1/risk?pair=BTC/USDT", risk => IsFear(risk, 5), service);
            var sources = await StoreTests.GetAsync(url, "/api/v1/sources");
            var source = sources.GetProperty("sources").EnumerateArray().Single(each => each.GetProperty("health").GetProperty("name").GetString() == "alternative.me");
            Assert.Equal(5, Assert.Single(source.GetProperty("values").EnumerateArray()).GetProperty("value").GetDouble());

            // Both are stored, each from the moment at which it became known.
            var now = await StoreTests.UntilAsync(url, "/api/v1/assessment?pair=BTC/USDT&at=now", said => IsFear(said, 5), service);
            revised = now.GetProperty("assessed_at").GetString()!;
            Assert.True(IsFear(await StoreTests.GetAsync(url, "/api/v1/assessment?pair=BTC/USDT&at=" + before), 50));
            service.Terminate();
            Assert.Equal(0, await service.ExitAsync());
        }

        // With the source away, the store's newest value is the one that counts.
        await FaultAsync(world, """{"kind":"http_5xx","exchange":"alternative.me"}""");
        await using (var service = Serve(world))
        {
            var url = await service.UrlAsync();
            await StoreTests.UntilAsync(url, "/api/v1/risk?pair=BTC/USDT", risk => IsFear(risk, 5), service);
            await StoreTests.UntilAsync(url, "/api/v1/store", store => store.GetProperty("ready").GetBoolean(), service);
            Assert.True(IsFear(await StoreTests.GetAsync(url, "/api/v1/assessment?pair=BTC/USDT&at=" + before), 50));
            Assert.True(IsFear(await StoreTests.GetAsync(url, "/api/v1/assessment?pair=BTC/USDT&at=" + revised), 5));
        }
    }

    private static bool IsFear(JsonElement answer, double value) =>
        answer.GetProperty("fear_greed_index") is { ValueKind: JsonValueKind.Number } index && index.GetDouble() == value;

    private static Task HoldAsync(string world, double fear) =>
        PostAsync(world + "/sandbox/signals", string.Create(CultureInfo.InvariantCulture, $$"""{"fear_greed":{{fear}}}"""));

    private static Task FaultAsync(string world, string fault) => PostAsync(world + "/sandbox/faults", fault);

    private static async Task PostAsync(string url, string body)
    {
        using var http = new HttpClient();
        using var content = new StringContent(body);
        using var answer = await http.PostAsync(url, content);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    private RemoraProcess Serve(string world) =>
        RemoraProcess.Start(["serve", "--sandbox", world, "--port", "0", "--pairs", "BTC/USDT", "--data", _data], WithStore);
}
