using System.Net;
using System.Text.Json.Nodes;
using Remora.Vehicles.Comparing;

namespace Remora.Vehicles.Tests;

public sealed class CompareApiTests(Country country) : IAsyncLifetime
{
    private VehicleStore? _store;
    private CompareService? _service;
    private HttpClient? _http;

    public async ValueTask InitializeAsync()
    {
        _store = await country.LoadedAsync();
        _service = await CompareService.StartAsync(_store, port: 0, CancellationToken.None);
        _http = new() { BaseAddress = _service.Url };
    }

    [Fact]
    public async Task Views_and_tables_give_equal_comparisons()
    {
        foreach (var (_, car) in (await Country.CarsAsync(_store!)).Take(10))
        {
            var (status, views) = await GetAsync(Query(car));
            var (_, raw) = await GetAsync(Query(car) + "&from=raw");
            Assert.Equal(HttpStatusCode.OK, status);
            Assert.Equal(("views", "raw"), ((string?)views["from"], (string?)raw["from"]));
            raw["from"] = "views";
            Assert.True(JsonNode.DeepEquals(views, raw), $"{views}\n{raw}");
            Assert.Equal(
                [
                    "car",
                    "from",
                    "vehicles",
                    "tests",
                    "tests_per_vehicle",
                    "mileage",
                    "failure_rate_percent",
                    "common_defects",
                ],
                views.AsObject().Select(member => member.Key)
            );
            Assert.Equal(
                car,
                new(
                    (string)views["car"]!["make"]!,
                    (string)views["car"]!["model"]!,
                    (string)views["car"]!["fuel"]!,
                    (int)views["car"]!["engine_cc"]!
                )
            );
            var shouted = await GetAsync(Query(car with { Make = car.Make.ToUpperInvariant() }));
            Assert.True(JsonNode.DeepEquals(views, shouted.Body));
        }
    }

    [Theory]
    [InlineData("model=Echo&fuel=petrol&engine=998", "make", "1 to 40 letters")]
    [InlineData("make=Alder&model=&fuel=petrol&engine=998", "model", "1 to 40 letters")]
    [InlineData(
        "make=Alder&model=12345678901234567890123456789012345678901&fuel=petrol&engine=998",
        "model",
        "1 to 40 letters"
    )]
    [InlineData("make=Al%00der&model=Echo&fuel=petrol&engine=998", "make", "1 to 40 letters")]
    [InlineData("make=Alder&model=Echo&fuel=steam&engine=998", "fuel", "petrol")]
    [InlineData(
        "make=Alder&model=Echo&fuel=petrol&engine=10000",
        "engine",
        "0 to 9999 cubic centimetres, 0 for electric cars"
    )]
    [InlineData(
        "make=Alder&model=Echo&fuel=petrol&engine=-1",
        "engine",
        "0 to 9999 cubic centimetres, 0 for electric cars"
    )]
    [InlineData("make=Alder&model=Echo&fuel=petrol", "engine", "0 to 9999 cubic centimetres, 0 for electric cars")]
    [InlineData("make=Alder&model=Echo&fuel=petrol&engine=998&from=cache", "from", "views")]
    [InlineData("make=Alder&model=Echo&fuel=petrol&engine=998&engine=1199", "engine", "one value")]
    [InlineData("make=Alder&model=Echo&fuel=petrol&engin=998", "engin", "make")]
    public async Task An_invalid_parameter_is_named_with_the_allowed_values(
        string query,
        string parameter,
        string allowed
    )
    {
        var (status, problem) = await GetAsync(query);
        Assert.Equal(
            (HttpStatusCode.BadRequest, 400, parameter),
            (status, (int)problem["status"]!, (string?)problem["parameter"])
        );
        Assert.Contains(allowed, problem["allowed"]!.AsArray().Select(value => (string?)value));
    }

    [Fact]
    public async Task An_unknown_car_returns_the_nearest_ones()
    {
        var car = (await Country.CarsAsync(_store!))[17].Car;
        var (status, problem) = await GetAsync(
            Query(car with { Make = car.Make[..^1] + "x", EngineCc = car.EngineCc + 1 })
        );
        Assert.Equal((HttpStatusCode.NotFound, 404), (status, (int)problem["status"]!));
        var nearest = problem["nearest"]!.AsArray();
        Assert.Equal(3, nearest.Count);
        Assert.Equal(
            (car.Make, car.Model, car.Fuel, car.EngineCc),
            (
                (string)nearest[0]!["make"]!,
                (string)nearest[0]!["model"]!,
                (string)nearest[0]!["fuel"]!,
                (int)nearest[0]!["engine_cc"]!
            )
        );
    }

    [Theory]
    [InlineData("'; DROP TABLE cars; --")]
    [InlineData("' OR 1=1 --")]
    [InlineData("{car:UInt32}")]
    [InlineData("\\' OR '1'='1")]
    [InlineData("\\")]
    [InlineData("%")]
    [InlineData("`cars`")]
    [InlineData("🚗 Škoda")]
    public async Task Sql_text_is_treated_as_data(string text)
    {
        var car = (await Country.CarsAsync(_store!))[0].Car;
        foreach (var asked in new[] { car with { Make = text }, car with { Model = text } })
            Assert.Equal(HttpStatusCode.NotFound, (await GetAsync(Query(asked))).Status);
        foreach (
            var query in new[]
            {
                Query(car with { Fuel = text }),
                Query(car) + "&from=" + Uri.EscapeDataString(text),
                $"{Query(car)}&{Uri.EscapeDataString(text)}=1",
            }
        )
            Assert.Equal(HttpStatusCode.BadRequest, (await GetAsync(query)).Status);
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(Query(car))).Status);
    }

    [Fact]
    public async Task A_car_with_an_unusual_name_is_found()
    {
        var odd = new Car("O'Dette \"R\" \\ {x:String}", "'; DROP TABLE cars; --", "petrol", 1199);
        await _store!.Client.InsertAsync(
            ClickHouse.SqlName.Of("cars"),
            [.. "car_id make model fuel engine_cc".Split(' ').Select(ClickHouse.SqlName.Of)],
            [odd],
            (row, car) =>
            {
                row.UInt32(4_000_000);
                row.String(car.Make);
                row.String(car.Model);
                row.String(car.Fuel);
                row.UInt16((ushort)car.EngineCc);
            }
        );
        var (status, answer) = await GetAsync(Query(odd));
        Assert.Equal(
            (HttpStatusCode.OK, odd.Make, 0),
            (status, (string)answer["car"]!["make"]!, (int)answer["tests"]!)
        );
        Assert.Null(answer["tests_per_vehicle"]);
        Assert.Null(answer["mileage"]!["mean"]);
        Assert.Null(answer["mileage"]!["min"]);
        Assert.Null(answer["failure_rate_percent"]);
        var (_, raw) = await GetAsync(Query(odd) + "&from=raw");
        raw["from"] = "views";
        Assert.True(JsonNode.DeepEquals(answer, raw), $"{answer}\n{raw}");
    }

    public async ValueTask DisposeAsync()
    {
        _http?.Dispose();
        if (_service is not null)
            await _service.DisposeAsync();
    }

    private static string Query(Car car) =>
        $"make={Uri.EscapeDataString(car.Make)}&model={Uri.EscapeDataString(car.Model)}&fuel={Uri.EscapeDataString(car.Fuel)}&engine={car.EngineCc}";

    private async Task<(HttpStatusCode Status, JsonNode Body)> GetAsync(string query)
    {
        using var answer = await _http!.GetAsync(new Uri("/vehicles/compare?" + query, UriKind.Relative));
        Assert.Equal(
            answer.IsSuccessStatusCode ? "application/json" : "application/problem+json",
            answer.Content.Headers.ContentType?.MediaType
        );
        return (answer.StatusCode, JsonNode.Parse(await answer.Content.ReadAsStringAsync())!);
    }
}
