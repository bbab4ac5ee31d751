using System.Globalization;
using System.Text;

namespace Remora.Vehicles.Bench;

/// <summary>The table of a run, in Markdown.</summary>
internal static class ScaleReport
{
    // The comparison of cars in the engineering post that the rollups follow.
    private const double TestsOfPost = 805e6;
    private const double DefectsOfPost = 1.7e9;

    public static string Of(StageLog log)
    {
        var sizes = log.Results.Select(result => result.Size).Distinct().Order().Select(size => new Size(log, size));
        var columns = sizes.Where(size => size.Tests > 0).ToList();
        if (columns.Count == 0)
            return "no size is loaded yet";
        var text = new StringBuilder();
        Row("", size => $"{Millions(size.Tests)} tests");
        text.AppendLine("|---" + string.Concat(Enumerable.Repeat("|---", columns.Count + 1)) + "|");
        Line("defects", size => Millions(size.Defects), Millions(DefectsOfPost));
        Line(
            "vehicles (cars)",
            size => $"{Millions(size.Of(ScalePlan.Vehicles, "vehicles"))} ({size.Of(ScalePlan.Vehicles, "cars"):N0})",
            "136 M"
        );
        Line("rows made in the engine, not part of a load, rows/s", size => Rate(size.Made));
        foreach (var isDetached in new[] { false, true })
        {
            var how = isDetached ? "detached" : "through the views";
            Line(
                $"load {how}, files to views, rows/s",
                size => Rate(size.Load(isDetached)),
                Extrapolate(size => size.SecondsOfPost(isDetached), Span, isRate: true)
            );
            Line($"… processor time of the engine per million rows", size => Each(size.LoadCpu(isDetached), "s", 2));
            Line(
                "… tests: files to staging, staging to views, rows/s",
                size =>
                    $"{Rate(size.Part(isDetached, "inspections", true))}, "
                    + Rate(size.Part(isDetached, "inspections", false))
            );
            Line(
                "… defects: files to staging, staging to views, rows/s",
                size =>
                    $"{Rate(size.Part(isDetached, "defects", true))}, " + Rate(size.Part(isDetached, "defects", false))
            );
        }
        Line("merges after the loads", size => Each(size.SecondsOf(ScalePlan.Settle), "s", 0));
        Memory("loads", ScalePlan.Load);
        Memory("comparisons from views and from raw", ScalePlan.Ask);
        Memory("verify", ScalePlan.Verify);
        Memory("rebuild", ScalePlan.Rebuild);
        Line(
            "on disk: raw tables",
            size => Each(size.RawBytes / 1e6, "MB", 0),
            Extrapolate(size => size.RawBytes, Bytes)
        );
        foreach (var states in new[] { "comparison", "findings" })
            Line(
                $"on disk: states of {states}",
                size => Each(size.Of(ScalePlan.Settle, $"{states}_bytes") / 1e6, "MB", 0),
                Extrapolate(size => size.Of(ScalePlan.Settle, $"{states}_bytes"), Bytes)
            );
        Line(
            "parts: raw, comparison, findings (before the merges)",
            size => $"{size.Parts("")} ({size.Parts("_unmerged")})"
        );
        for (var at = 0; at < 5; at++)
        {
            var car = at;
            Line(
                $"{Named(car)}: from views p50 / p95, from raw p50 / p95, ratio",
                size => Asked(size.Car(car)),
                Extrapolate(size => size.Car(car)?.ViewP50, Milliseconds) is { Length: > 0 } views
                    ? $"views p50 {views}"
                    : ""
            );
        }
        Line("answers of views and raw that differ", size => $"{size.Cars?.Count(car => !car.Equal)}");
        Line(
            "verify",
            size => Both(Each(size.SecondsOf(ScalePlan.Verify), "s", 1), Exact(size, ScalePlan.Verify)),
            Extrapolate(size => size.SecondsOf(ScalePlan.Verify), Span)
        );
        Line(
            "delta of a day",
            size =>
                Both(
                    Each(size.Of(ScalePlan.Delta, "tests"), "tests", 0),
                    Each(size.Of(ScalePlan.Delta, "load_s"), "s", 1)
                ),
            Extrapolate(size => size.Of(ScalePlan.Delta, "load_s"), Span)
        );
        Line("… asked meanwhile p50 / p95", size => Meanwhile(size, ScalePlan.Delta));
        Line(
            "rebuild of both rollups",
            size => Both(Each(size.RebuildSeconds, "s", 0), Exact(size, ScalePlan.Rebuild)),
            Extrapolate(size => size.RebuildSeconds, Span)
        );
        Line("… asked meanwhile p50 / p95", size => Meanwhile(size, ScalePlan.Rebuild));
        Line(
            "load of the machine, cores",
            size =>
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{size.Results.Min(r => r.LoadBefore):N1} to {size.Results.Max(r => r.LoadAfter):N1}, "
                        + $"{size.Results[0].Cores}"
                )
        );
        text.AppendLine();
        text.Append(
            "One store grows through the sizes: a load rate is that of the rows which take it from the size before "
                + "to this one. The last column is extrapolated, not measured: times of loads by the rate of the "
                + "largest size, everything else on a straight line through the two largest sizes."
        );
        if (log.Results.Any(result => result.Resumed))
            text.Append(" Interrupted stages do not count in times: ")
                .AppendJoin(
                    ", ",
                    log.Results.Where(result => result.Resumed).Select(result => $"{result.Size} {result.Stage}")
                )
                .Append('.');
        return text.ToString();

        void Row(string label, Func<Size, string> value) =>
            text.AppendLine($"| {label} | {string.Join(" | ", columns.Select(value))} | 805 M tests, extrapolated |");

        void Line(string label, Func<Size, string> value, string extrapolated = "") =>
            text.AppendLine($"| {label} | {string.Join(" | ", columns.Select(value))} | {extrapolated} |");

        void Memory(string what, string stage) =>
            Line(
                $"memory of the engine at most: {what}",
                size => Each(size.Peak(stage) / 1e6, "MB", 0),
                Extrapolate(size => size.Peak(stage), Bytes)
            );

        string Extrapolate(Func<Size, double?> value, Func<double, string> format, bool isRate = false)
        {
            var known = columns.Select(size => (X: size.Tests, Y: value(size))).Where(at => at.Y > 0).ToList();
            if (known.Count > 0 && isRate)
                return format(known[^1].Y!.Value);
            if (known.Count < 2)
                return "";
            var ((x, y), before) = ((known[^1].X, known[^1].Y!.Value), known[^2]);
            var slope = Math.Max(0, (y - before.Y!.Value) / (x - before.X));
            return format(y + (slope * (TestsOfPost - x)));
        }
    }

    private static string Named(int car) =>
        car switch
        {
            0 => "the most common car",
            1 => "a car at 1 % of the cars",
            2 => "a car at 10 %",
            3 => "a car at half",
            _ => "the rarest car",
        };

    private static string Asked(CarResult? car) =>
        car is null
            ? ""
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{car.Tests:N0} tests: {car.ViewP50:N1} / {car.ViewP95:N1}, {car.RawP50:N0} / {car.RawP95:N0} ms, "
                    + $"{car.RawP50 / car.ViewP50:N0}"
            );

    private static string Meanwhile(Size size, string stage) =>
        size.Of(stage, "asks") is { } asks
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"{size.Of(stage, "ask_p50_ms"):N1} / {size.Of(stage, "ask_p95_ms"):N1} ms ({asks:N0} asks, "
                    + $"{size.Of(stage, "wrong_answers"):N0} wrong)"
            )
            : "";

    private static string Exact(Size size, string stage) =>
        size.Of(stage, "exact") switch
        {
            null => "",
            1 => "exact",
            _ => "NOT EXACT",
        };

    private static string Both(string first, string second) => first.Length == 0 ? "" : $"{first}, {second}";

    private static string Millions(double? count) => Each(count / 1e6, "M", 1);

    private static string Rate(double? rate) => Each(rate is null ? null : Math.Round(rate.Value / 1000) * 1000, "", 0);

    private static string Bytes(double bytes) => Each(bytes / 1e9, "GB", 1);

    private static string Milliseconds(double value) => Each(value, "ms", 0);

    private static string Span(double seconds) => Each(seconds / 60, "min", 1);

    private static string Each(double? value, string unit, int digits) =>
        value?.ToString($"N{digits}", CultureInfo.InvariantCulture) is { } text ? $"{text} {unit}".TrimEnd() : "";

    // The results of one size: the last one of each stage.
    private sealed class Size(StageLog log, int size)
    {
        public IReadOnlyList<StageResult> Results { get; } =
        [
            .. log
                .Results.Where(result => result.Size == size)
                .GroupBy(result => result.Stage)
                .Select(results => results.Last()),
        ];

        public double Tests => Of(ScalePlan.Settle, "inspections_rows") ?? 0;

        public double Defects => Of(ScalePlan.Settle, "defects_rows") ?? 0;

        public double? RawBytes => Sum("inspections_bytes", "defects_bytes", "vehicles_bytes");

        public double? RebuildSeconds => Of(ScalePlan.Rebuild, "comparison_s") + Of(ScalePlan.Rebuild, "findings_s");

        public IReadOnlyList<CarResult>? Cars => Find(ScalePlan.Ask)?.Cars;

        public CarResult? Car(int at) => Cars?.ElementAtOrDefault(at);

        public double? Of(string stage, string figure) =>
            Find(stage)?.Figures.TryGetValue(figure, out var value) == true ? value : null;

        public double? SecondsOf(string stage) => Find(stage) is { Resumed: false } result ? result.Seconds : null;

        public double? Peak(string stage) =>
            Results.Where(result => result.Stage.StartsWith(stage)).Max(result => (double?)result.EnginePeakBytes);

        public string Parts(string suffix) =>
            $"{Sum($"inspections_parts{suffix}", $"defects_parts{suffix}", $"vehicles_parts{suffix}")}, "
            + $"{Sum($"comparison_parts{suffix}")}, {Sum($"findings_parts{suffix}")}";

        public double? Made => Ratio(Loads(null), load => Rows(load), load => load.Figures["made_s"]);

        public double? Load(bool isDetached) => Ratio(Loads(isDetached), Rows, Seconds);

        public double? LoadCpu(bool isDetached) =>
            Ratio(
                Loads(isDetached),
                load => load.Figures["inspections_cpu_s"] + load.Figures["defects_cpu_s"],
                load => Rows(load) / 1e6
            );

        public double? SecondsOfPost(bool isDetached) => (TestsOfPost + DefectsOfPost) / Load(isDetached);

        public double? Part(bool isDetached, string kind, bool isStaging) =>
            Ratio(
                Loads(isDetached),
                load => load.Figures[$"{kind}_rows"],
                load =>
                    isStaging
                        ? load.Figures[$"{kind}_staged_s"]
                        : load.Figures[$"{kind}_s"] - load.Figures[$"{kind}_staged_s"]
            );

        private StageResult? Find(string stage) => Results.FirstOrDefault(result => result.Stage == stage);

        private double? Sum(params string[] figures) =>
            Find(ScalePlan.Settle) is { } settled ? figures.Sum(settled.Figures.GetValueOrDefault) : null;

        private List<StageResult> Loads(bool? isDetached) =>
            [
                .. Results.Where(result =>
                    result.Stage.StartsWith(ScalePlan.Load)
                    && !result.Resumed
                    && (
                        isDetached is null
                        || ScalePlan.IsDetached(
                            int.Parse(result.Stage[ScalePlan.Load.Length..], CultureInfo.InvariantCulture)
                        ) == isDetached
                    )
                ),
            ];

        private static double Rows(StageResult load) => load.Figures["inspections_rows"] + load.Figures["defects_rows"];

        private static double Seconds(StageResult load) => load.Figures["inspections_s"] + load.Figures["defects_s"];

        private static double? Ratio(
            List<StageResult> loads,
            Func<StageResult, double> above,
            Func<StageResult, double> below
        ) => loads.Count == 0 ? null : loads.Sum(above) / loads.Sum(below);
    }
}
