using Remora.Risk;

namespace Remora.Store.Tables;

/// <summary>An assessment for both sides, which are stored in one row.</summary>
/// <param name="Long">The assessment of the long side.</param>
/// <param name="Short">The assessment of the short side, at the same moment.</param>
internal readonly record struct BothSides(Assessment Long, Assessment Short)
{
    /// <summary>Returns both sides of an assessment of the long side.</summary>
    public static BothSides Of(Assessment assessment) =>
        new(assessment, assessment.At(assessment.AssessedAt, Side.Short));
}
