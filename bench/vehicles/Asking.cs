using System.Diagnostics;
using System.Net.Http.Json;
using Remora.Vehicles.Comparing;

namespace Remora.Vehicles.Bench;

/// <summary>Asks for comparisons over HTTP, as a client of examples/vehicles does.</summary>
internal sealed class Asking : IAsyncDisposable
{
    private const int RawAsks = 5;
    private const int LeastRawAsks = 2;
    private static readonly TimeSpan RawTime = TimeSpan.FromSeconds(25); // for a car, from the tables

    // Between two asks beside other work: a service with a few users, not a test of load.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly CompareService _service;
    private readonly HttpClient _http;

    private Asking(CompareService service, IReadOnlyList<Car> cars)
    {
        _service = service;
        _http = new() { BaseAddress = service.Url, Timeout = TimeSpan.FromMinutes(5) };
        Cars = cars;
    }

    /// <summary>The cars, the most common first.</summary>
    public IReadOnlyList<Car> Cars { get; }

    /// <summary>
    /// Chooses five cars by the vehicles of the smallest size, so they stay the same.
    /// </summary>
    public static async Task<Asking> StartAsync(VehicleStore store, ScalePlan plan, CancellationToken cancellation)
    {
        var all = await store.Client.ListAsync(
            "SELECT make, model, fuel, engine_cc FROM cars INNER JOIN (SELECT car_id, count() AS n FROM vehicles "
                + "WHERE vehicle_id <= {most:UInt32} GROUP BY car_id) AS v USING car_id ORDER BY n DESC, car_id",
            row => new Car(row.String(), row.String(), row.String(), row.UInt16()),
            new Remora.ClickHouse.QueryParameters().Add("most", plan.VehiclesOf(1)),
            cancellation
        );
        var chosen = new[] { 0, all.Count / 100, all.Count / 10, all.Count / 2, all.Count - 1 };
        return new(await CompareService.StartAsync(store, port: 0, cancellation), [.. chosen.Select(at => all[at])]);
    }

    /// <summary>
    /// Measures each car: a number of times from the views, and a few times from the tables.
    /// </summary>
    public async Task<List<CarResult>> MeasureAsync(int asks, CancellationToken cancellation)
    {
        var results = new List<CarResult>();
        foreach (var car in Cars)
        {
            await AskAsync(car, "views", cancellation);
            var (fromViews, fromRaw) = (new List<double>(), new List<double>());
            Comparison? views = null;
            while (fromViews.Count < asks)
            {
                (var milliseconds, views) = await AskAsync(car, "views", cancellation);
                fromViews.Add(milliseconds);
            }
            var begun = Stopwatch.GetTimestamp();
            var areEqual = true;
            while (
                fromRaw.Count < LeastRawAsks || (fromRaw.Count < RawAsks && Stopwatch.GetElapsedTime(begun) < RawTime)
            )
            {
                var (milliseconds, raw) = await AskAsync(car, "raw", cancellation);
                fromRaw.Add(milliseconds);
                areEqual &= AreSame(raw, views!);
            }
            results.Add(
                new(
                    $"{car.Make} {car.Model} {car.Fuel} {car.EngineCc}",
                    views!.Tests,
                    fromViews.Count,
                    At(fromViews, 0.5),
                    At(fromViews, 0.95),
                    fromRaw.Count,
                    At(fromRaw, 0.5),
                    At(fromRaw, 0.95),
                    areEqual
                )
            );
        }
        return results;
    }

    /// <summary>Returns the current answer for each car from the views.</summary>
    public async Task<List<Comparison>> AnswersAsync(CancellationToken cancellation)
    {
        var answers = new List<Comparison>();
        foreach (var car in Cars)
            answers.Add((await AskAsync(car, "views", cancellation)).Answer);
        return answers;
    }

    /// <summary>
    /// Asks for one car after the other while other work runs. The figures of the stage get the
    /// times, and the number of answers that are wrong: of fewer tests than before the work, or
    /// more than after it, or different although the numbers of tests are equal.
    /// </summary>
    public async Task WhileAsync(StageMeter meter, Func<Task> work, CancellationToken cancellation)
    {
        var before = await AnswersAsync(cancellation);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var asking = KeepAskingAsync(stop);
        try
        {
            await work();
        }
        finally
        {
            await stop.CancelAsync();
        }
        var asked = await asking;
        var after = await AnswersAsync(cancellation);
        meter.Figures["asks"] = asked.Count;
        meter.Figures["ask_p50_ms"] = At([.. asked.Select(ask => ask.Milliseconds)], 0.5);
        meter.Figures["ask_p95_ms"] = At([.. asked.Select(ask => ask.Milliseconds)], 0.95);
        meter.Figures["ask_max_ms"] = asked.Max(ask => ask.Milliseconds);
        meter.Figures["wrong_answers"] = asked.Count(ask => !IsBetween(ask.Answer, before[ask.Car], after[ask.Car]));
        meter.Figures["answers_changed"] = before.Zip(after).Count(pair => !AreSame(pair.First, pair.Second));
    }

    private async Task<List<(int Car, double Milliseconds, Comparison Answer)>> KeepAskingAsync(
        CancellationTokenSource stop
    )
    {
        var asked = new List<(int, double, Comparison)>();
        do
        {
            var car = asked.Count % Cars.Count;
            var (milliseconds, answer) = await AskAsync(Cars[car], "views", CancellationToken.None);
            asked.Add((car, milliseconds, answer));
            await Task.Delay(Pause, TimeProvider.System, stop.Token)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        } while (!stop.IsCancellationRequested);
        return asked;
    }

    private static bool IsBetween(Comparison answer, Comparison before, Comparison after) =>
        answer.Tests >= before.Tests
        && answer.Tests <= after.Tests
        && answer.Vehicles >= before.Vehicles
        && answer.Vehicles <= after.Vehicles
        && (!AreSame(before, after) || AreSame(answer, before));

    private static bool AreSame(Comparison left, Comparison right) =>
        left with { From = right.From, CommonDefects = right.CommonDefects } == right
        && left.CommonDefects.SequenceEqual(right.CommonDefects);

    private async Task<(double Milliseconds, Comparison Answer)> AskAsync(
        Car car,
        string from,
        CancellationToken cancellation
    )
    {
        var url =
            $"/vehicles/compare?make={Uri.EscapeDataString(car.Make)}&model={Uri.EscapeDataString(car.Model)}"
            + $"&fuel={car.Fuel}&engine={car.EngineCc}&from={from}";
        var begun = Stopwatch.GetTimestamp();
        var answer = await _http.GetFromJsonAsync(
            new Uri(url, UriKind.Relative),
            ComparisonJson.Default.Comparison,
            cancellation
        );
        return (Stopwatch.GetElapsedTime(begun).TotalMilliseconds, answer!);
    }

    private static double At(IReadOnlyList<double> values, double share) =>
        StageMeter.Round(values.Order().ElementAt((int)Math.Ceiling(share * values.Count) - 1));

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _service.DisposeAsync();
    }
}
