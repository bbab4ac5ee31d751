using Remora.Feeds;

namespace Remora.Server.Answers;

/// <summary>
/// The health of the sources, with the values that answers use. All endpoints therefore show the
/// same value.
/// </summary>
internal static class SourceValues
{
    /// <summary>
    /// Returns the health of each source. The value is the one on the board, or the feed's own
    /// value until the board has one.
    /// </summary>
    public static IEnumerable<SourceHealth> Of(ServiceParts parts, AssessmentBoard board) =>
        parts
            .Sources.Select(source => source.Health)
            .Select(health =>
                health with
                {
                    Latest = [.. health.Latest.Select(own => board.Observed(own.Signal, own.Base) ?? own)],
                }
            );
}
