using FsCheck;
using FsCheck.Fluent;
using Remora.Markets;

namespace Remora.Tests;

/// <summary>Generators the properties draw from.</summary>
internal static class Any
{
    /// <summary>The seed of a tape.</summary>
    public static Arbitrary<int> Seed => Gen.Choose(0, 1_000_000).ToArbitrary();

    /// <summary>Every moment there is.</summary>
    public static Arbitrary<Instant> Instant => ArbMap.Default.GeneratorFor<DateTime>().Select(t => Remora.Markets.Instant.From(new(t.Ticks, TimeSpan.Zero))).ToArbitrary();

    /// <summary>A share in [0, 1], its ends among them.</summary>
    public static Gen<double> Share => Gen.Choose(0, 1_000).Select(n => n / 1_000.0);

    /// <summary>Fails with the example when a property does not hold for it.</summary>
    public static void MustHold(this Property property, int times = 100) => property.Check(Config.QuickThrowOnFailure.WithMaxTest(times).WithQuietOnSuccess(true));
}
