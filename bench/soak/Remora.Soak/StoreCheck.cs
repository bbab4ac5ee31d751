using System.Globalization;
using System.Text.Json;
using Remora.ClickHouse;
using Remora.ClickHouse.Rows;
using Remora.Store;

namespace Remora.Soak;

/// <summary>
/// Compares the store with the handed-over rows, the requests of the callers, and the candles of
/// the sandbox.
/// </summary>
internal sealed class StoreCheck(
    string folder,
    IReadOnlyDictionary<string, long> handedOver,
    IReadOnlyDictionary<string, long> asked
)
{
    private const int PageSize = 1000;

    public async Task<IReadOnlyList<(string Name, bool Passed)>> RunAsync()
    {
        await using var connection = await ClickHouseConnection.OpenAsync(StoreLocation.InFolder(folder));
        var client = connection.Client;
        var checks = new List<(string, bool)>
        {
            (
                $"nothing dropped ({handedOver["dropped"]}), nothing set aside ({handedOver["set aside"]})",
                handedOver["dropped"] == 0 && handedOver["set aside"] == 0
            ),
        };

        var (rows, different) = await CountAsync(client, "assessments");
        checks.Add(
            (
                $"each assessment once: {handedOver["assessments"]} handed over, {rows} stored, {different} different",
                rows == handedOver["assessments"] && different == rows
            )
        );
        // Duplicates are merged, so there can be fewer rows than were handed over
        foreach (var table in new[] { "candles", "observations" })
        {
            var (all, _) = await CountAsync(client, table);
            var merged = await client.SingleAsync($"SELECT count() FROM {table} FINAL", Number);
            checks.Add(
                (
                    $"{table}: {handedOver[table]} handed over, {all} rows, {merged} different ones",
                    all <= handedOver[table] && merged > 0
                )
            );
        }

        var stored = (
            await client.ListAsync(
                "SELECT route, count() FROM api_requests GROUP BY route",
                row => (Route: row.String(), Count: (long)row.UInt64())
            )
        ).ToDictionary(row => row.Route, row => row.Count);
        var routes = asked
            .Keys.Union(stored.Keys)
            .Where(route => asked.GetValueOrDefault(route) != stored.GetValueOrDefault(route))
            .ToList();
        (rows, different) = await CountAsync(client, "api_requests");
        var differences = routes.Select(route =>
            $"; {route}: {asked.GetValueOrDefault(route)} made, {stored.GetValueOrDefault(route)} stored"
        );
        checks.Add(
            (
                $"each request once: {asked.Values.Sum()} made, {rows} stored, {different} "
                    + $"different{string.Concat(differences)}",
                routes.Count == 0 && rows == different
            )
        );

        foreach (var rollup in new MarketStore(client).Rollups)
        {
            var verification = await rollup.VerifyAsync();
            checks.Add(
                (
                    $"rollup {rollup.Definition.Name} equals its {verification.Rows} "
                        + $"rows{string.Concat(verification.Findings.Take(3).Select(finding => "; " + finding))}",
                    verification.IsExact
                )
            );
        }
        return checks;
    }

    /// <summary>
    /// Compares every candle with the sandbox's Binance. Returns the number of wrong or missing
    /// ones, and of compared ones.
    /// </summary>
    public static async Task<(int Wrong, int Compared)> CompareCandlesAsync(
        string folder,
        Uri world,
        IReadOnlyList<string> pairs
    )
    {
        await using var connection = await ClickHouseConnection.OpenAsync(StoreLocation.InFolder(folder));
        using var http = new HttpClient { BaseAddress = world };
        var (wrong, compared) = (0, 0);
        foreach (var pair in pairs)
        {
            var stored = (
                await connection.Client.ListAsync(
                    "SELECT toUnixTimestamp64Milli(opened), open, high, low, close, volume FROM candles FINAL WHERE "
                        + "exchange = 'binance' AND timeframe = '5m' AND pair = {p:String} ORDER BY opened",
                    row =>
                        (
                            Opened: row.Int64(),
                            Figures: string.Join(
                                ' ',
                                Enumerable
                                    .Range(0, 5)
                                    .Select(_ => row.Float64().ToString("R", CultureInfo.InvariantCulture))
                            )
                        ),
                    new QueryParameters().Add("p", pair)
                )
            ).ToDictionary(candle => candle.Opened, candle => candle.Figures);
            var (from, until) = (stored.Keys.Min(), stored.Keys.Max());
            while (from <= until)
            {
                using var page = JsonDocument.Parse(
                    await http.GetStringAsync(
                        $"/api.binance.com/api/v3/klines?symbol={pair.Replace("/", "", StringComparison.Ordinal)}&interval=5m&startTime={from}&limit={PageSize}"
                    )
                );
                foreach (var candle in page.RootElement.EnumerateArray())
                {
                    var opened = candle[0].GetInt64();
                    from = opened + 1;
                    if (opened > until)
                        break;
                    compared++;
                    var truth = string.Join(
                        ' ',
                        Enumerable
                            .Range(1, 5)
                            .Select(i =>
                                double.Parse(candle[i].GetString()!, CultureInfo.InvariantCulture)
                                    .ToString("R", CultureInfo.InvariantCulture)
                            )
                    );
                    if (stored.GetValueOrDefault(opened) != truth)
                        wrong++;
                }
                if (page.RootElement.GetArrayLength() < PageSize)
                    break;
            }
        }
        return (wrong, compared);
    }

    private static Task<(long Rows, long Different)> CountAsync(ClickHouseClient client, string table) =>
        client.SingleAsync(
            $"SELECT count(), uniqExact(sequence) FROM {table}",
            row => ((long)row.UInt64(), (long)row.UInt64())
        );

    private static long Number(RowReader row) => (long)row.UInt64();
}
