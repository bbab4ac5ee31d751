using FsCheck;
using FsCheck.Fluent;
using Remora.Markets;

namespace Remora.Tests;

/// <summary>Generators for property tests.</summary>
internal static class Any
{
    /// <summary>Seeds of a tape.</summary>
    public static Arbitrary<int> Seed => Gen.Choose(0, 1_000_000).ToArbitrary();

    /// <summary>All moments.</summary>
    public static Arbitrary<Instant> Instant =>
        ArbMap
            .Default.GeneratorFor<DateTime>()
            .Select(t => Remora.Markets.Instant.From(new(t.Ticks, TimeSpan.Zero)))
            .ToArbitrary();

    /// <summary>Ratios in [0, 1], including 0 and 1.</summary>
    public static Gen<double> Share => Gen.Choose(0, 1_000).Select(n => n / 1_000.0);

    /// <summary>Fails with an example for which the property does not hold.</summary>
    public static void MustHold(this Property property, int times = 100) =>
        property.Check(Config.QuickThrowOnFailure.WithMaxTest(times).WithQuietOnSuccess(true));
}
