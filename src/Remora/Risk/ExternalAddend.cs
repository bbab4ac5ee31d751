using Remora.Markets;

namespace Remora.Risk;

/// <summary>One known outside value and its contribution to the score.</summary>
/// <param name="Value">The raw value in its signal's unit.</param>
/// <param name="Measure">What the score uses: the value itself, or its change; NaN while
/// unknown.</param>
/// <param name="Addend">The contribution before the common cap, [0, its weight]; NaN while
/// unknown.</param>
public readonly record struct ExternalAddend(double Value, double Measure, double Addend)
{
    internal static IReadOnlyDictionary<string, ExternalAddend> Of(Assessment assessment)
    {
        var addends = new SortedDictionary<string, ExternalAddend>(StringComparer.Ordinal);
        foreach (var row in SignalTable.All)
        {
            var value = assessment.Outside.RawAt(row.Signal, assessment.AssessedAt);
            if (double.IsNaN(value))
                continue;
            var measure = assessment.Outside.At(row.Signal, assessment.AssessedAt);
            var addend = Millionths.Round(row.Contribution(measure, assessment.Pair.Base, assessment.Rules.External));
            addends[row.Name] = new(value, measure, addend);
        }
        return addends;
    }
}

/// <summary>Whether a source's value can be relied on.</summary>
public enum Reliance
{
    /// <summary>Within its time to live.</summary>
    Fresh,

    /// <summary>Past its time to live. The value does not count.</summary>
    Stale,

    /// <summary>No value has ever arrived.</summary>
    Missing,
}

/// <summary>The state of a source.</summary>
/// <param name="State">Whether its value can be relied on.</param>
/// <param name="Source">The source of the last value; null before the first.</param>
/// <param name="AsOf">The time the last value describes; null before the first.</param>
/// <param name="AgeSeconds">Seconds since then; NaN before the first value.</param>
public readonly record struct SourceState(Reliance State, string? Source, Instant? AsOf, double AgeSeconds)
{
    internal const string Candles = "candles";

    internal static IReadOnlyDictionary<string, SourceState> Of(Assessment assessment)
    {
        var now = assessment.AssessedAt;
        var states = new SortedDictionary<string, SourceState>(StringComparer.Ordinal)
        {
            [Candles] = assessment.AsOf is { } asOf
                ? new(
                    assessment.Stale ? Reliance.Stale : Reliance.Fresh,
                    assessment.Exchange,
                    asOf,
                    assessment.AgeSeconds
                )
                : new(Reliance.Missing, assessment.Exchange, null, double.NaN),
        };
        foreach (var row in SignalTable.All)
        {
            var latest = assessment.Outside[row.Signal, now].Latest;
            if (latest is null && !assessment.Configured.Contains(row.Signal))
                continue;
            states[row.Name] = latest is null
                ? new(Reliance.Missing, null, null, double.NaN)
                : new(
                    now < latest.ExpiresAt ? Reliance.Fresh : Reliance.Stale,
                    latest.Source,
                    latest.HeldAt,
                    Math.Max(0, (now - latest.HeldAt).TotalSeconds)
                );
        }
        return states;
    }
}
