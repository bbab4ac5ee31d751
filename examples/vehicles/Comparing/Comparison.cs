using System.Text.Json.Serialization;

namespace Remora.Vehicles.Comparing;

/// <summary>What cars are compared by.</summary>
internal sealed record Car(string Make, string Model, string Fuel, int EngineCc);

/// <summary>What inspections say about all vehicles that are the same car.</summary>
/// <param name="Car">Which one.</param>
/// <param name="From">Where the figures were read: views or raw.</param>
/// <param name="Vehicles">How many vehicles were tested; each counts once.</param>
/// <param name="Tests">How many tests they had.</param>
/// <param name="TestsPerVehicle">Null without tests.</param>
/// <param name="Mileage">Over all tests in which it could be read.</param>
/// <param name="FailureRatePercent">Of all tests, repeated ones too; null without tests.</param>
/// <param name="CommonDefects">The most common first.</param>
internal sealed record Comparison(
    Car Car, string From, long Vehicles, long Tests, double? TestsPerVehicle, Mileage Mileage, double? FailureRatePercent, IReadOnlyList<CommonDefect> CommonDefects);

/// <summary>In miles; null when none could be read.</summary>
internal sealed record Mileage(double? Mean, uint? Min, uint? Max);

/// <param name="Defect">Its name.</param>
/// <param name="Found">In how many tests.</param>
/// <param name="Dangerous">In how many of them it was dangerous.</param>
/// <param name="PerHundredTests">Found in so many of a hundred tests.</param>
internal sealed record CommonDefect(string Defect, long Found, long Dangerous, double PerHundredTests);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(Comparison))]
internal sealed partial class ComparisonJson : JsonSerializerContext;
