using Remora.Markets;
using Remora.Risk;

namespace Remora.Store.Tables;

/// <summary>An assessment for both sides, which are stored in one row.</summary>
/// <param name="Long">The assessment of the long side.</param>
/// <param name="Short">The assessment of the short side, at the same moment.</param>
/// <param name="Published">When it was published; null when it was computed later.</param>
internal readonly record struct BothSides(Assessment Long, Assessment Short, Instant? Published)
{
    /// <summary>Returns both sides of an assessment of the long side.</summary>
    public static BothSides Of(Assessment assessment, Instant? published = null) =>
        new(assessment, assessment.At(assessment.AssessedAt, Side.Short), published);
}
