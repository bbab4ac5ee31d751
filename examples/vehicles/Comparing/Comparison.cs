using System.Text.Json.Serialization;

namespace Remora.Vehicles.Comparing;

/// <summary>The properties that identify a car.</summary>
internal sealed record Car(string Make, string Model, string Fuel, int EngineCc);

/// <summary>The inspections of all vehicles of a car.</summary>
/// <param name="Car">The car.</param>
/// <param name="From">The source of the figures: views or raw.</param>
/// <param name="Vehicles">The number of tested vehicles.</param>
/// <param name="Tests">The number of tests.</param>
/// <param name="TestsPerVehicle">Null without tests.</param>
/// <param name="Mileage">Over all tests with a mileage.</param>
/// <param name="FailureRatePercent">
/// Of all tests, including repeated ones; null without tests.
/// </param>
/// <param name="CommonDefects">The most common first.</param>
internal sealed record Comparison(
    Car Car,
    string From,
    long Vehicles,
    long Tests,
    double? TestsPerVehicle,
    Mileage Mileage,
    double? FailureRatePercent,
    IReadOnlyList<CommonDefect> CommonDefects
);

/// <summary>In miles; null without values.</summary>
internal sealed record Mileage(double? Mean, uint? Min, uint? Max);

/// <param name="Defect">The name.</param>
/// <param name="Found">The number of tests with it.</param>
/// <param name="Dangerous">The number of tests in which it was dangerous.</param>
/// <param name="PerHundredTests">The number per hundred tests.</param>
internal sealed record CommonDefect(string Defect, long Found, long Dangerous, double PerHundredTests);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(Comparison))]
internal sealed partial class ComparisonJson : JsonSerializerContext;
