using System.Text.Json;
using Remora.Backtest.Data;
using Remora.Backtest.Forecasts;
using Remora.Backtest.History;
using Remora.Csv;
using Remora.Forecasts;
using Remora.Markets;
using Remora.Testing;

namespace Remora.Backtest.Tests.Forecasts;

/// <summary>
/// Equal spans of past give equal bits: live, replayed, in histories and evaluations.
/// </summary>
public sealed class EqualPastTests
{
    private const int Days = 120;
    private static readonly MarketId Market = new("binance", Pair.Parse("ONE/USDT"), Timeframe.FiveMinutes);
    private static readonly IReadOnlyList<Candle> Candles = Generated.Candles(Days * 288, 5).Candles;
    private static readonly ForecastCalendar Calendar = ShippedCalendar.Dates;

    [Fact]
    public void A_live_engine_a_history_and_an_evaluation_say_the_same()
    {
        // Live: 30 days as history, with the state of a forecaster that reaches two days into them.
        var (start, live) = (90 * 288, 110 * 288);
        var past = new Forecaster(Market.Timeframe, CoefficientVintages.Shipped, Calendar, Market.Pair.Quote);
        foreach (var candle in Candles.Take(start + (2 * 288)))
            past.Apply(candle);
        var engine = new RemoraEngine();
        engine.Apply(MarketEvent.Dated(Calendar));
        var history = new MarketHistory([], [], [.. Candles.Skip(start).Take(live - start)])
        {
            ForecastState = past.Save(),
        };
        var said = new Dictionary<Instant, string>();
        Note(engine.Apply(MarketEvent.Recovered(Market, history))!);
        for (var i = live; i < Candles.Count; i++)
        {
            // Restarts in between, each with a state of up to two hours ago.
            if ((i - live) % 1000 == 999)
            {
                var state = engine.SaveForecaster(Market);
                engine = new();
                engine.Apply(MarketEvent.Dated(Calendar));
                var again = new MarketHistory([], [], [.. Candles.Skip(i - 8640).Take(8640 + 24)])
                {
                    ForecastState = state,
                };
                Note(engine.Apply(MarketEvent.Recovered(Market, again))!);
                i += 23;
                continue;
            }
            Note(engine.Apply(MarketEvent.Closed(Market, Candles[i]))!);
        }

        var tape = new Tape(Market, Candles, []) { Calendar = ReplayCalendar.Shipped };
        var compared = 0;
        HistoryBuilder.Build(
            tape,
            new()
            {
                Each = assessment =>
                {
                    if (!said.TryGetValue(assessment.AssessedAt, out var json))
                        return;
                    Assert.Equal(json, Json(assessment.Forecast!));
                    compared++;
                },
            }
        );
        Assert.Equal(said.Count, compared);
        Assert.True(compared > 2500);

        var market = new ForecastMarket(Market.Pair, Candles, MarketHours.Of(Candles));
        var until = Candles[^1].OpenTime + Market.Timeframe.Length;
        var evaluated = market.Forecasts(CoefficientVintages.Shipped, Calendar, until, default);
        compared = 0;
        foreach (var forecast in evaluated.OfType<Forecast>())
        {
            if (!said.TryGetValue(forecast.AsOf, out var json))
                continue;
            Assert.Equal(json, Json(forecast));
            compared++;
        }
        Assert.True(compared > 200);

        void Note(Assessment assessment) => said[assessment.AssessedAt] = Json(assessment.Forecast!);
    }

    private static string Json(Forecast forecast) => JsonSerializer.Serialize(forecast, ReflectedJson.Options);
}
