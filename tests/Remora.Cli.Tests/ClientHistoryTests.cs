using Remora.Client;
using Remora.Markets;

namespace Remora.Cli.Tests;

/// <summary>
/// Tests history requests of the .NET client to a service with a store that contains built history.
/// </summary>
[Trait("speed", "slow")]
public sealed class ClientHistoryTests : IDisposable
{
    private const int Days = 10; // the warm-up of the risk score takes 200 hours
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Built_history_is_returned_over_its_pages()
    {
        var candles = Tapes.Days(Days);
        var file = _folder.Write("candles.csv", Tapes.ToCsv(candles));
        var (exit, _, errors) = await RemoraProcess.RunAsync(
            "history",
            "build",
            "--candles",
            $"BTC/USDT={file}",
            "--to",
            _folder.Path,
            "--policy",
            "remora-1",
            "--store",
            "--data",
            Path.Combine(_folder.File("data"), "sandbox")
        );
        Assert.True(exit == 0, errors);
        var rows = (await File.ReadAllLinesAsync(_folder.File("BTC_USDT-history.csv")))[1..]
            .Select(line => line.Split(','))
            .ToArray();
        (exit, _, errors) = await RemoraProcess.RunAsync(
            "history",
            "build",
            "--candles",
            $"BTC/USDT={file}",
            "--to",
            _folder.Path,
            "--policy",
            "remora-1",
            "--side",
            "short"
        );
        Assert.True(exit == 0, errors);
        var lines = await File.ReadAllLinesAsync(_folder.File("BTC_USDT-history-short.csv"));
        var state = Array.IndexOf(lines[0].Split(','), "state");
        var shorts = lines[1..].Select(line => line.Split(',')).ToArray();
        Assert.NotEqual(rows.Select(row => row[5]), shorts.Select(row => row[5]));

        await using var service = RemoraProcess.Start(
            [
                "serve",
                "--sandbox",
                "--port",
                "0",
                "--pairs",
                "BTC/USDT",
                "--sources",
                "false",
                "--data",
                _folder.File("data"),
            ],
            new Dictionary<string, string> { ["REMORA_STORE"] = "true" }
        );
        using var client = new RemoraClient(
            new() { Url = await service.UrlAsync(), Timeout = TimeSpan.FromSeconds(10) }
        );
        var (from, to) = (
            candles[0].OpenTime.ToDateTimeOffset(),
            (candles[^1].OpenTime + TimeSpan.FromHours(1)).ToDateTimeOffset()
        );
        var minutes = await OpenAsync(client, from, to);

        Assert.Equal(Days * 288, minutes.Count); // several pages
        Assert.Equal(rows.Select(row => row[1]), minutes.Select(minute => Instant.From(minute.Time).ToString()));
        Assert.Equal(rows.Select(row => row[3] == "true" ? 0 : 1), minutes.Select(minute => (int)minute.Blocked));
        Assert.Equal(rows.Select(row => row[5]), minutes.Select(minute => minute.RiskLast?.ToString() ?? ""));

        var each = await client.HistoryAsync("BTC/USDT", from, to, "each").ToListAsync();
        Assert.Equal(
            rows.Select(row => row[3] == "true"),
            each.Select(bucket => bucket.More!["safe_to_trade"].GetBoolean())
        );
        var shortMinutes = await client.HistoryAsync("BTC/USDT", from, to, "1m", side: "short").ToListAsync();
        Assert.Equal(shorts.Select(row => row[5]), shortMinutes.Select(minute => minute.RiskLast?.ToString() ?? ""));
        Assert.Equal(
            shorts.Select(row => row[3] == "true" ? 0 : 1),
            shortMinutes.Select(minute => (int)minute.Blocked)
        );
        each = await client.HistoryAsync("BTC/USDT", from, to, "each", side: "short").ToListAsync();
        Assert.Equal(
            shorts.Select(row => (row[3] == "true", row[4], row[state])),
            each.Select(bucket =>
                (
                    bucket.More!["safe_to_trade"].GetBoolean(),
                    bucket.More["recommendation"].GetString()!,
                    bucket.More["state"].GetString()!
                )
            )
        );
        var days = await client.HistoryAsync("BTC/USDT", from, to, "1d").ToListAsync();
        Assert.Equal(
            (Days * 288, rows.Count(row => row[3] == "false")),
            ((int)days.Sum(day => day.Assessments), (int)days.Sum(day => day.Blocked))
        );
        Assert.Equal(
            404,
            (
                await Assert.ThrowsAsync<RemoraException>(async () =>
                    await client.HistoryAsync("NOPE/USDT", from).ToListAsync()
                )
            ).Status
        );
    }

    // The service answers before its store is open. Until then, history requests return 503.
    private static async Task<List<RiskBucket>> OpenAsync(RemoraClient client, DateTimeOffset from, DateTimeOffset to)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (true)
        {
            try
            {
                return await client
                    .HistoryAsync("BTC/USDT", from, to, "1m", cancellation: patience.Token)
                    .ToListAsync(patience.Token);
            }
            catch (RemoraException e) when (e.Status == 503)
            {
                await Task.Delay(100, patience.Token);
            }
        }
    }
}
