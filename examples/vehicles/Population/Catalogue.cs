namespace Remora.Vehicles.Population;

/// <summary>The cars. The makes are fictional.</summary>
internal static class Catalogue
{
    private static readonly string[] Makes =
    [
        "Alder",
        "Bracken",
        "Corvel",
        "Dunmore",
        "Esker",
        "Fenwick",
        "Garrow",
        "Hollin",
        "Ivelo",
        "Jarrow",
        "Kestrin",
        "Lomond",
        "Marden",
        "Norrel",
        "Orwin",
        "Pellam",
        "Quarrel",
        "Rowan",
        "Selwyn",
        "Tarn",
        "Ulver",
        "Varden",
        "Wexcombe",
        "Yarrow",
    ];

    private static readonly string[] Models =
    [
        "Arrow",
        "Beacon",
        "Comet",
        "Dale",
        "Echo",
        "Falcon",
        "Glade",
        "Harbour",
        "Iris",
        "Juniper",
        "Kite",
        "Lark",
        "Meadow",
        "Nova",
        "Orchard",
        "Pilot",
        "Quartz",
        "Ridge",
        "Swift",
        "Trail",
        "Union",
        "Vale",
        "Willow",
        "Zephyr",
    ];

    private static readonly (string Fuel, int[] Engines)[] Fuels =
    [
        ("petrol", [998, 1199, 1398, 1598, 1998, 2497]),
        ("diesel", [1461, 1598, 1968, 2143, 2993]),
        ("hybrid", [1497, 1798, 2487]),
        ("electric", [0]),
    ];

    /// <summary>The fuels.</summary>
    public static IReadOnlyList<string> FuelNames { get; } = [.. Fuels.Select(fuel => fuel.Fuel)];

    /// <summary>All cars, the most common first.</summary>
    public static IReadOnlyList<CatalogueCar> Cars(int seed)
    {
        var random = new Random(seed);
        var cars = new List<CatalogueCar>();
        foreach (var make in Makes)
        {
            var quality = 0.7 + (0.6 * random.NextDouble());
            foreach (var model in random.GetItems(Models, 9).Distinct())
            {
                var annual = random.Next(4500, 11_000);
                foreach (var (fuel, engines) in Fuels)
                foreach (var engine in engines)
                    if (fuel == "petrol" || random.Next(3) > 0)
                        cars.Add(
                            new(
                                make,
                                model,
                                fuel,
                                engine,
                                (int)(annual * (fuel == "diesel" ? 1.4 : 1)),
                                quality * (0.8 + (0.4 * random.NextDouble()))
                            )
                        );
            }
        }
        var shuffled = cars.ToArray();
        random.Shuffle(shuffled);
        return shuffled;
    }
}

/// <param name="Weakness">
/// The failure rate relative to the average car of its age; 1 is the average.
/// </param>
internal sealed record CatalogueCar(
    string Make,
    string Model,
    string Fuel,
    int EngineCc,
    int AnnualMileage,
    double Weakness
);
