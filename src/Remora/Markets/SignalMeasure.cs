namespace Remora.Markets;

/// <summary>
/// What the score uses of a signal's values: the newest value itself, or a comparison.
/// </summary>
internal abstract class SignalMeasure
{
    /// <summary>The newest value itself.</summary>
    public static readonly SignalMeasure Value = new NewestValue();

    private SignalMeasure() { }

    /// <summary>How long a value is needed after the time it describes.</summary>
    public abstract TimeSpan Reach { get; }

    /// <summary>The change within a time span as a ratio: 0.02 is a rise of 2 %.</summary>
    public static SignalMeasure Ratio(TimeSpan span) => new Change(span, isRatio: true);

    /// <summary>The change within a time span in the signal's unit.</summary>
    public static SignalMeasure Difference(TimeSpan span) => new Change(span, isRatio: false);

    /// <summary>
    /// The value as a multiple of the 99th percentile of the time span before it.
    /// </summary>
    public static SignalMeasure Multiple(TimeSpan span) => new PercentileMultiple(span);

    /// <summary>
    /// Returns the measure of <paramref name="latest"/>; NaN while <paramref name="past"/> has too
    /// little history. Only values of the same source are compared: two exchanges' open interest,
    /// or two ways to compute a market value, differ by more than either one changes.
    /// </summary>
    /// <param name="past">All values within reach, in the order of their times, with the
    /// latest.</param>
    /// <param name="latest">The value to measure.</param>
    public abstract double Of(List<Observation> past, Observation latest);

    /// <summary>Returns the end of a clause that begins with the signal's name.</summary>
    /// <param name="number">A measure with its unit.</param>
    public abstract string Describe(string number);

    private sealed class NewestValue : SignalMeasure
    {
        public override TimeSpan Reach => TimeSpan.Zero;

        public override double Of(List<Observation> past, Observation latest) => latest.Value;

        public override string Describe(string number) => $"is {number}";
    }

    private sealed class Change(TimeSpan span, bool isRatio) : SignalMeasure
    {
        public override TimeSpan Reach => 2 * span;

        public override double Of(List<Observation> past, Observation latest)
        {
            if (past.FindLast(o => o.HeldAt <= latest.HeldAt - span && o.Source == latest.Source) is not { } before)
                return double.NaN;
            return isRatio ? (latest.Value / before.Value) - 1 : latest.Value - before.Value;
        }

        public override string Describe(string number) =>
            $"changed by {number} in {(span.TotalDays > 1 ? $"{span.Days} days" : $"{span.TotalHours} hours")}";
    }

    private sealed class PercentileMultiple(TimeSpan span) : SignalMeasure
    {
        // An estimate of a 99th percentile from fewer values is meaningless.
        private const int LeastValues = 100;

        public override TimeSpan Reach => span;

        public override double Of(List<Observation> past, Observation latest)
        {
            var before = past.Where(o =>
                o.HeldAt < latest.HeldAt && o.HeldAt > latest.HeldAt - span && o.Source == latest.Source
            );
            var sorted = before.Select(o => o.Value).Order().ToArray();
            if (sorted.Length < LeastValues)
                return double.NaN;
            var usual = sorted[(int)Math.Ceiling(0.99 * sorted.Length) - 1];
            return usual > 0 ? latest.Value / usual : double.NaN;
        }

        public override string Describe(string number) =>
            $"are {number} times their 99th percentile of {span.Days} days";
    }
}
