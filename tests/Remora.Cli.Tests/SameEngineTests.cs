using System.Text.Json.Nodes;

namespace Remora.Cli.Tests;

/// <summary>
/// Tests that live and replayed assessments come from the same engine: responses of the running
/// service on a recorded market equal the replay of its file to the last digit.
/// </summary>
[Trait("speed", "slow")]
public sealed class SameEngineTests : IDisposable
{
    private const int Candles = 20;
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("5m")]
    [InlineData("15m")]
    public async Task The_service_returns_the_assessments_of_a_replay(string timeframe)
    {
        // The file starts at midnight 30 days before the service starts, which is exactly what the
        // service requests from the exchange.
        var file = _folder.Write("candles.csv", Tapes.ToCsv(Tapes.Days(31)));
        var start = Tapes.End - TimeSpan.FromDays(1) + TimeSpan.FromHours(2);
        var coarse =
            timeframe == "5m"
                ? file
                : _folder.Write("coarse.csv", Tapes.ToCsv(Tapes.Aggregate(Tapes.Days(31), timeframe)));
        var (exit, _, errors) = await RemoraProcess.RunAsync(
            "replay",
            coarse,
            "--pair",
            "BTC/USDT",
            "--policy",
            "remora-1",
            "--to",
            _folder.File("out.jsonl")
        );
        Assert.True(exit == 0, errors);
        var replayed = (await File.ReadAllLinesAsync(_folder.File("out.jsonl")))
            .Select(Comparable)
            .ToDictionary(row => row["as_of"]!.GetValue<string>());

        await using var service = RemoraProcess.Start([
            "serve",
            "--sandbox",
            "--replay",
            $"BTC/USDT={file}",
            "--start",
            start.ToString(),
            "--speed",
            "900",
            "--sources",
            "false",
            "--pairs",
            "BTC/USDT",
            "--timeframe",
            timeframe,
            "--port",
            "0",
        ]);
        var live = await CollectAsync(await service.UrlAsync(), Candles);
        if (coarse != file)
            // The exchange rounds the volumes of longer candles: the same digits of every answer,
            // but another hash of the candles.
            foreach (var answer in live.Values.Concat(replayed.Values))
                RemoveHashes(answer);
        Assert.All(live, answer => Assert.Equal(replayed[answer.Key].ToJsonString(), answer.Value.ToJsonString()));
    }

    private static void RemoveHashes(JsonObject answer)
    {
        answer["inputs"]!.AsObject().Remove("hash");
        answer["inputs"]!.AsObject().Remove("forecast_hash");
    }

    /// <summary>
    /// Returns the assessments of <paramref name="count"/> different candles, after the history is
    /// complete.
    /// </summary>
    private static async Task<Dictionary<string, JsonObject>> CollectAsync(string url, int count)
    {
        var answers = new Dictionary<string, JsonObject>();
        using var http = new HttpClient { BaseAddress = new(url) };
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (answers.Count < count)
        {
            var answer = Comparable(await http.GetStringAsync("/api/v1/risk?pair=BTC/USDT", patience.Token));
            if (answer["warm_up"]!.GetValue<double>() == 1)
                answers[answer["as_of"]!.GetValue<string>()] = answer;
            await Task.Delay(20, patience.Token);
        }
        return answers;
    }

    /// <summary>
    /// Returns an assessment without the fields that depend on the time of the request.
    /// </summary>
    private static JsonObject Comparable(string json)
    {
        var answer = JsonNode.Parse(json)!.AsObject();
        answer.Remove("assessed_at");
        answer.Remove("age_seconds");
        answer["sources"]!["candles"]!.AsObject().Remove("age_seconds");
        return answer;
    }
}
