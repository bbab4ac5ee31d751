using System.Text;
using System.Text.Json;
using Remora.Csv;
using Remora.Feeds.Calendar;
using Remora.Forecasts;
using Remora.Markets;
using Remora.Server.Settings;
using Remora.Testing;

namespace Remora.Server.Tests;

/// <summary>Newer coefficients, and what a service says of those in use.</summary>
public sealed class CoefficientsTests : IDisposable
{
    private static readonly Dictionary<string, string> None = [];
    private readonly string _folder = Directory.CreateTempSubdirectory("remora-coefficients-").FullName;

    // Between two shipped fits; its numbers are those of another one.
    private static ForecastCoefficients Newer { get; } =
        CoefficientVintages.Shipped.Newest with
        {
            ValidFrom = Some.At("2024-02-01"),
            Range = new(1, 1e6, 0, 0),
        };

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_file_replaces_the_shipped_fits_from_its_first_day_on()
    {
        var fits = Read(CoefficientsFile.Write(new(Newer))).Coefficients;
        Assert.Equal(Newer.Id, fits.Newest.Id);
        var shipped = CoefficientVintages.Shipped;
        foreach (var day in new[] { "2020-01-01", "2021-08-01", "2023-12-31", "2024-01-31" })
            Assert.Equal(shipped.At(Some.At(day)).Id, fits.At(Some.At(day)).Id);
        Assert.Equal(Newer.Id, fits.At(Some.At("2025-08-01")).Id);
        Assert.Equal(shipped, new ServiceSettings().Coefficients);
    }

    [Theory]
    [InlineData("\"smear\":", "\"smear\":\"x\",\"_\":", "fits[0].horizons.1h")]
    [InlineData("\"valid_from\":\"2024-02-01\"", "\"valid_from\":\"soon\"", "fits[0].valid_from: must be a day")]
    [InlineData(
        "\"maximum_empty_share\":1",
        "\"maximum_empty_share\":7",
        "maximum_empty_share: must be a number from 0 to 1"
    )]
    [InlineData("remora-2", "remora-3", "model: must be 'remora-2'")]
    [InlineData("{", "", "not valid JSON (line 1")]
    public void A_wrong_file_is_refused_with_the_field(string old, string wrong, string field)
    {
        var text = Encoding.UTF8.GetString(CoefficientsFile.Write(new(Newer)));
        var at = text.IndexOf(old, StringComparison.Ordinal);
        var broken = text[..at] + wrong + text[(at + old.Length)..];
        var e = Assert.Throws<SettingsException>(() => Read(Encoding.UTF8.GetBytes(broken)));
        Assert.StartsWith(
            $"flag --coefficients: coefficients: {Path.Combine(_folder, "fit.json")}: ",
            Assert.Single(e.Errors)
        );
        Assert.Contains(field, e.Errors[0], StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_not_there_is_named()
    {
        var flags = new Dictionary<string, string> { ["coefficients"] = Path.Combine(_folder, "none.json") };
        var e = Assert.Throws<SettingsException>(() => SettingsReader.Read(null, None, flags));
        Assert.Contains("none.json", Assert.Single(e.Errors), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answers_status_and_metrics_name_the_coefficients_in_use()
    {
        var settings = LiveServer.Settings with { Coefficients = new(Newer) };
        await using var service = await LiveServer.StartAsync(
            settings,
            calendar: clock =>
                new(
                    Path.Combine(_folder, "calendar.csv"),
                    settings.CalendarBefore,
                    settings.CalendarAfter,
                    clock,
                    dates: new(ShippedCalendar.Dates)
                )
        );
        await service.WarmAsync();
        var forecast = await service.GetAsync("/api/v1/forecast?pair=BTC/USDT&fall=0.02");
        var metrics = await MetricsTests.ReadAsync(service);
        forecast = forecast.GetProperty("forecast");
        Assert.Equal(Newer.Id, forecast.GetProperty("coefficients").GetString());
        Assert.Equal("2026-12-31", forecast.GetProperty("calendar_known_until").GetString());

        var status = await service.GetAsync("/api/v1/status");
        var coefficients = status.GetProperty("coefficients");
        Assert.Equal(Newer.Id, coefficients.GetProperty("id").GetString());
        Assert.Equal(29, coefficients.GetProperty("age_days").GetDouble());
        Assert.Equal(JsonValueKind.Null, status.GetProperty("calendar_problem").ValueKind);

        const string market = "exchange=\"binance\",pair=\"BTC/USDT\",timeframe=\"5m\"";
        double Of(string name, string more = "") => metrics[$"remora_forecast_{name}{{{market}{more}}}"];
        foreach (var horizon in Horizon.All)
        {
            var numbers = forecast.GetProperty("horizons").GetProperty(horizon.Name);
            var label = $",horizon=\"{horizon.Name}\"";
            Assert.Equal(numbers.GetProperty("volatility").GetDouble(), Of("volatility", label), 1e-6);
            Assert.Equal(
                numbers.GetProperty("probability_of_drawdown").GetProperty("0.02").GetDouble(),
                Of("drawdown_probability", label + ",fall=\"0.02\""),
                1e-6
            );
        }
        Assert.Equal(forecast.GetProperty("in_tested_range").GetBoolean() ? 1 : 0, Of("in_tested_range"));
        Assert.Equal(forecast.GetProperty("history_days").GetDouble() * 86_400, Of("history_seconds"), 1);
        Assert.Equal(3000 * 300, Of("history_seconds"), 1);
        // Unknown before 30 days of past: absent.
        Assert.DoesNotContain(metrics.Keys, name => name.StartsWith("remora_forecast_percentile"));
        Assert.Equal(29 * 86_400, metrics[$"remora_forecast_coefficients_age_seconds{{coefficients=\"{Newer.Id}\"}}"]);
        Assert.Equal(
            (Some.At("2027-01-01") - Some.Time).TotalSeconds,
            metrics["remora_forecast_calendar_left_seconds"]
        );
    }

    [Fact]
    public async Task A_calendar_that_has_run_out_is_said_in_status_and_metrics()
    {
        await using var service = await LiveServer.StartAsync(calendar: clock =>
            new(Path.Combine(_folder, "calendar.csv"), TimeSpan.Zero, TimeSpan.Zero, clock, dates: new(Ended()))
        );
        await service.WarmAsync();
        var status = await service.GetAsync("/api/v1/status");
        Assert.Equal("2024-02-28", status.GetProperty("calendar_known_until").GetString());
        Assert.Contains("run out of dates of cpi", status.GetProperty("calendar_problem").GetString());
        var risk = await service.GetAsync("/api/v1/risk?pair=BTC/USDT");
        Assert.Equal("2024-02-28", risk.GetProperty("forecast").GetProperty("calendar_known_until").GetString());
        var metrics = await MetricsTests.ReadAsync(service);
        Assert.Equal(-86_400, metrics["remora_forecast_calendar_left_seconds"]);
        // Outside the tested range there are no probabilities.
        Assert.False(risk.GetProperty("forecast").GetProperty("in_tested_range").GetBoolean());
        Assert.DoesNotContain(metrics.Keys, name => name.StartsWith("remora_forecast_drawdown_probability"));
    }

    private static ForecastCalendar Ended() =>
        new(
            ShippedCalendar.Dates.Events,
            ForecastCalendar.KindsOfForecasts.ToDictionary(
                kind => kind,
                kind => kind == CalendarEventKind.Cpi ? new DateOnly(2024, 2, 28) : new DateOnly(2026, 12, 31)
            )
        );

    private ServiceSettings Read(byte[] coefficients)
    {
        var file = Path.Combine(_folder, "fit.json");
        File.WriteAllBytes(file, coefficients);
        return SettingsReader.Read(null, None, new Dictionary<string, string> { ["coefficients"] = file });
    }
}
