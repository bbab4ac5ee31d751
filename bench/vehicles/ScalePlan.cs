using System.Text.Json;
using System.Text.Json.Serialization;

namespace Remora.Vehicles.Bench;

/// <summary>The sizes and stages of a run.</summary>
/// <param name="Tests">The number of tests of the largest size.</param>
/// <param name="Seed">The same seed gives the same rows.</param>
internal sealed record ScalePlan(long Tests, int Seed)
{
    /// <summary>
    /// With at most four defects in a test and two on average: 602 million defects.
    /// </summary>
    public const long UsualTests = 301_000_000;

    public const int UsualSeed = 7;
    public const int Sizes = 3;
    public const int FirstYear = 2015;
    public const int Years = 10;
    public const int TestsPerVehicle = 6;

    public const string Vehicles = "vehicles";
    public const string Load = "load-";
    public const string Settle = "settle";
    public const string Ask = "ask";
    public const string Verify = "verify";
    public const string Delta = "delta";
    public const string Rebuild = "rebuild";

    /// <summary>The stages that measure a loaded size, and can be repeated.</summary>
    public static readonly IReadOnlyList<string> Measuring = [Ask, Verify, Delta, Rebuild];

    /// <summary>
    /// Returns the plan that a folder was begun with, or begins it. All runs of a folder have the
    /// same rows.
    /// </summary>
    /// <exception cref="InvalidDataException">The folder has another plan.</exception>
    public static ScalePlan Of(string folder, long? tests, int? seed)
    {
        var path = Path.Combine(folder, "plan.json");
        if (!File.Exists(path))
        {
            var plan = new ScalePlan(tests ?? UsualTests, seed ?? UsualSeed);
            Directory.CreateDirectory(folder);
            File.WriteAllText(path + ".part", JsonSerializer.Serialize(plan, PlanJson.Default.ScalePlan));
            File.Move(path + ".part", path);
            return plan;
        }
        var begun =
            JsonSerializer.Deserialize(File.ReadAllText(path), PlanJson.Default.ScalePlan)
            ?? throw new InvalidDataException($"{path} is empty");
        return (tests ?? begun.Tests) == begun.Tests && (seed ?? begun.Seed) == begun.Seed
            ? begun
            : throw new InvalidDataException(
                $"'{folder}' was begun with --tests {begun.Tests} --seed {begun.Seed}: continue with these, or use "
                    + "another folder"
            );
    }

    /// <summary>
    /// Returns the number of vehicles in the store at a size. A vehicle is tested in six of ten
    /// years, by its number, so multiples of ten have equal years.
    /// </summary>
    /// <param name="size">1 to <see cref="Sizes"/>; 0 for the empty store.</param>
    public long VehiclesOf(int size)
    {
        if (size == 0)
            return 0;
        var share = TestsPerVehicle * Math.Pow(3, Sizes - size);
        return (long)Math.Ceiling(Tests / share / 10) * 10;
    }

    /// <summary>Returns all stages in order, up to the largest of the sizes to measure.</summary>
    public static IEnumerable<(int Size, string Stage)> StagesOf(IReadOnlyCollection<int> measured)
    {
        for (var size = 1; size <= measured.Max(); size++)
        {
            yield return (size, Vehicles);
            for (var year = 0; year < Years; year++)
                yield return (size, $"{Load}{FirstYear + year}");
            yield return (size, Settle);
            if (measured.Contains(size))
                foreach (var stage in Measuring)
                    yield return (size, stage);
        }
    }

    /// <summary>Whether the rows of a year bypass the views. Half of the years do.</summary>
    public static bool IsDetached(int year) => (year - FirstYear) % 2 == 1;
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ScalePlan))]
internal sealed partial class PlanJson : JsonSerializerContext;
