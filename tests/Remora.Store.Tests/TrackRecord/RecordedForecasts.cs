using System.Text.Json;
using Remora.ClickHouse;
using Remora.Markets;
using Remora.Risk;
using Remora.Server.Grading;
using Remora.Store.Tables;
using Remora.Testing;

namespace Remora.Store.Tests.TrackRecord;

/// <summary>
/// A store with 45 days of a market: candles with gaps, and the forecasts of a real engine, of
/// which some were published late, some were computed later, and some are missing.
/// </summary>
public sealed class RecordedForecasts(Engine engine) : IAsyncLifetime
{
    private const int Days = 45;

    /// <summary>
    /// The market, not in dollars: its turnover is not compared with that of the fit.
    /// </summary>
    public static readonly MarketId Market = Some.MarketOf("ETH/BTC");

    internal MarketStore Store { get; private set; } = null!;

    /// <summary>The current time: in the middle of the last hour.</summary>
    public static Instant Now { get; } = Some.Time + TimeSpan.FromDays(Days) - TimeSpan.FromMinutes(30);

    public async ValueTask InitializeAsync()
    {
        Store = await engine.NewStoreAsync();
        var candles = Some.Candles(7, Days * 288, start: Some.Time)
            .Where(candle => candle.OpenTime < Now && !IsGap(candle))
            .ToList();
        await InsertAsync(candles, 1);
        var published = new List<(Assessment Assessment, Instant? At)>();
        var remora = new RemoraEngine();
        foreach (var candle in candles)
        {
            var assessment = remora.Apply(MarketEvent.Closed(Market, candle))!;
            var hour = (int)((assessment.AsOf!.Value - Some.Time).TotalMinutes / 60);
            if (assessment.AsOf.Value.UnixMilliseconds % 3_600_000 != 0 || hour < 20 || hour % 37 == 5)
                continue; // not on the hour, before the record, an outage
            var at = assessment.AsOf.Value + TimeSpan.FromSeconds(2);
            Instant? first =
                hour % 41 == 7 ? at + TimeSpan.FromMinutes(20)
                : hour % 43 == 9 ? null
                : at;
            published.Add((assessment, first));
            // The same answer again, when another value arrived
            if (hour % 5 == 0 && first is not null)
                published.Add(
                    (assessment.At(at + TimeSpan.FromMinutes(3), Side.Long), first.Value + TimeSpan.FromMinutes(3))
                );
        }
        var sequence = 1ul;
        await Store.Client.InsertAsync(
            StoreTable.Assessments.Name,
            StoreTable.Assessments.Columns,
            published.AsEnumerable().Reverse(), // the order of rows does not matter
            (row, each) => StoreTable.Assessments.Write(row, BothSides.Of(each.Assessment, each.At), sequence++)
        );
        foreach (var day in (int[])[25, 33])
            await RecordKeeper.FitAsync(
                Store.Record,
                Market,
                Some.Time + TimeSpan.FromDays(day) - TimeSpan.FromMinutes(30),
                CancellationToken.None
            );
    }

    internal async Task InsertAsync(IEnumerable<Candle> candles, ulong sequence) =>
        await Store.Client.InsertAsync(
            StoreTable.Candles.Name,
            StoreTable.Candles.Columns,
            candles,
            (row, candle) =>
                StoreTable.Candles.Write(
                    row,
                    StoredCandle.Of(Market.Exchange, Market.Pair, Market.Timeframe, candle),
                    sequence
                )
        );

    public ValueTask DisposeAsync()
    {
        Store.Client.Dispose();
        return ValueTask.CompletedTask;
    }

    // Two hours on one day, single candles on others
    private static bool IsGap(Candle candle)
    {
        var minutes = (int)(candle.OpenTime - Some.Time).TotalMinutes;
        return minutes is >= 30_000 and < 30_120 || minutes % 7_919 < 5 && minutes > 20_000;
    }
}

/// <summary>A forecast as it was published first.</summary>
internal sealed record PublishedForecast(Instant? At, JsonElement? Forecast, double[] Expected)
{
    private const int Hour = 3_600_000;

    /// <summary>Reads all full hours with an answer.</summary>
    public static async Task<Dictionary<Instant, PublishedForecast>> AllAsync(ClickHouseClient client) =>
        (
            await client.ListAsync(
                "SELECT as_of, published_at, answer, ifNull(forecast_variance_1h, nan), ifNull(forecast_variance_4h, "
                    + "nan), ifNull(forecast_variance_24h, nan) FROM assessments",
                row =>
                    (
                        AsOf: row.Nullable(time => Instant.From(time.DateTime64())) ?? default,
                        At: row.Nullable(time => Instant.From(time.DateTime64())),
                        Answer: row.String(),
                        Expected: (double[])[row.Float64(), row.Float64(), row.Float64()]
                    )
            )
        )
            .Where(row => row.AsOf.UnixMilliseconds % Hour == 0)
            .GroupBy(row => row.AsOf)
            .ToDictionary(
                group => group.Key,
                group =>
                {
                    var first = group.OrderBy(row => row.At is null).ThenBy(row => row.At).First();
                    var forecast = JsonElement.Parse(first.Answer).GetProperty("forecast");
                    return new PublishedForecast(
                        first.At,
                        forecast.ValueKind == JsonValueKind.Object ? forecast : null,
                        first.Expected
                    );
                }
            );
}
