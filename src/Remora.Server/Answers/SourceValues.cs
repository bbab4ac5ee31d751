using Remora.Feeds;

namespace Remora.Server.Answers;

/// <summary>The health of the outside sources with the values that answers use, so that every surface shows the same value.</summary>
internal static class SourceValues
{
    /// <summary>Each source's health; a value is the one on the board, or the feed's own until the board has one.</summary>
    public static IEnumerable<SourceHealth> Of(ServiceParts parts, AssessmentBoard board) =>
        parts.Sources.Select(source => source.Health).Select(health => health with
        {
            Latest = [.. health.Latest.Select(own => board.Observed(own.Signal, own.Base) ?? own)],
        });
}
