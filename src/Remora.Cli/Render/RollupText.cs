using System.Globalization;
using System.Text.Json.Nodes;
using Remora.ClickHouse.Rollups;
using Remora.ClickHouse.Rollups.Follow;

namespace Remora.Cli.Render;

/// <summary>Formats the results of <c>remora rollup</c> as text and as JSON.</summary>
internal static class RollupText
{
    public static IEnumerable<string> Lines(Rollup rollup, RollupPlan plan)
    {
        var name = rollup.Definition.Name;
        if (plan.IsChanged)
            yield return $"{name}: the definition has changed; 'remora rollup rebuild' builds version "
                + $"{plan.Version} beside the old one";
        else if (plan.IsNothingToDo)
            yield return $"{name}: version {plan.Version} exists, nothing to do";
        else
            yield return $"{name}: version {plan.Version} requires {plan.Statements.Count} statements";
        foreach (var statement in plan.Statements)
            yield return $"  {statement};";
        if (plan.UnseenRows > 0)
            yield return $"  {rollup.Definition.Source} has {plan.UnseenRows} rows from before the views: run "
                + $"'remora rollup backfill' after apply";
        foreach (var remark in plan.Remarks)
            yield return "  note: " + remark;
    }

    public static IEnumerable<string> Applied(Rollup rollup, RollupPlan plan)
    {
        yield return $"{rollup.Definition.Name}: version {plan.Version} "
            + $"{(plan.Statements.Count == 0 ? "exists" : $"created with {plan.Statements.Count} statements")}";
        if (plan.UnseenRows > 0)
            yield return $"  {rollup.Definition.Source} has {plan.UnseenRows} rows from before the views: run "
                + $"'remora rollup backfill'";
        foreach (var remark in plan.Remarks)
            yield return "  note: " + remark;
    }

    public static IEnumerable<string> Lines(Rollup rollup, RollupVerification verification)
    {
        var name = rollup.Definition.Name;
        foreach (var finding in verification.Findings)
            yield return $"{name}: {finding}";
        if (verification.Findings.Count > 0)
            yield return $"{name}: differs from its source; 'remora rollup backfill' repairs it";
        else
            yield return $"{name}: {(verification.Busy.Count == 0 ? "exact" : "no differences")}: "
                + $"{verification.Rows} rows in {verification.Partitions} partitions";
        if (verification.Busy.Count > 0)
            yield return $"{name}: busy {string.Join(", ", verification.Busy)}: rows were inserted during the "
                + $"comparison";
    }

    public static IEnumerable<string> Lines(Rollup rollup, RollupBackfillReport report)
    {
        var name = rollup.Definition.Name;
        var filled = report.Filled.Count == 0 ? "nothing filled" : "filled " + string.Join(", ", report.Filled);
        yield return $"{name}: {filled}; {report.Untouched.Count} partitions were correct";
        if (report.Busy.Count > 0)
            yield return $"{name}: busy {string.Join(", ", report.Busy)}: rows are inserted all the time; run it "
                + $"again later, or run 'remora rollup rebuild', which is exact during inserts";
    }

    public static IEnumerable<string> Lines(Rollup rollup, RollupRebuildReport report)
    {
        yield return $"{rollup.Definition.Name}: readers use version "
            + $"{report.NewVersion}{(report.OldVersion > 0 ? $" instead of {report.OldVersion}" : "")}; "
            + $"{report.BackfilledRows} rows in {report.Partitions} partitions backfilled and verified";
    }

    public static string Line(Rollup rollup, RollupLoadReport report) =>
        report.WasDoneBefore
            ? $"{rollup.Definition.Source}: these files were loaded before ({report.Rows} rows, load "
                + $"{report.Load}); nothing to do"
            : $"{rollup.Definition.Source}: {report.Rows} rows loaded (load {report.Load})";

    public static string Line(FollowedFile file) =>
        file.State switch
        {
            FollowedState.Loaded => $"{file.File}: {file.Rows} rows loaded",
            FollowedState.Refused => $"{file.File}: refused, no row loaded: {file.Reason}",
            FollowedState.Duplicate => $"{file.File}: nothing to do, {file.Reason}",
            FollowedState.Gone => $"{file.File}: removed",
            _ => $"{file.File}: a load has begun",
        };

    public static JsonObject Json(FollowedFile file) =>
        new()
        {
            ["file"] = file.File,
            ["state"] = FollowedFile.NameOf(file.State),
            ["rows"] = file.Rows,
            ["reason"] = file.Reason.Length == 0 ? null : file.Reason,
            ["at"] = file.At.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
        };

    public static IEnumerable<string> Lines(RollupStatus status)
    {
        foreach (var problem in status.Problems)
            yield return $"{status.Name}: {problem}";
        foreach (var at in status.Intervals)
        {
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"{status.Name} {at.Interval} (version {status.Version}): {at.SourceRows} rows in {at.Buckets} "
                    + $"buckets, "
            )
                + (
                    at.First is null
                        ? "empty"
                        : $"{at.First:yyyy-MM-dd HH:mm:ss} to {at.Last:yyyy-MM-dd HH:mm:ss}, lag {at.Lag:c}"
                )
                + string.Create(
                    CultureInfo.InvariantCulture,
                    $", {at.Partitions} partitions, at most {at.MostPartsInPartition} parts in one, "
                        + $"{at.BytesOnDisk / 1e6:0.00} MB ({at.CompressionRatio:0.0} times compressed), read in "
                        + $"{at.QueryP95.TotalMilliseconds:0.0} ms (p95)"
                );
        }
        yield return $"{status.Name}: {Text("typical query", status.Speed.Typical, status.Speed.TypicalUnknown)}; "
            + $"{Text("clients", status.Speed.Clients, status.Speed.ClientsUnknown)}; slow above "
            + $"{status.Speed.SlowAfter.TotalMilliseconds.ToString(CultureInfo.InvariantCulture)} ms"
            + (status.Speed.IsSlow ? ": slow" : "");
        if (status.Files.Count == 0)
            yield break;
        var loaded = status.Files.Where(file => file.State == FollowedState.Loaded).ToList();
        yield return $"{status.Source}: {loaded.Count} files followed, {loaded.Sum(file => file.Rows)} rows";
        foreach (var file in status.Files)
            if (file.State is FollowedState.Refused or FollowedState.Loading)
                yield return $"  {Line(file)}";
    }

    public static JsonObject Json(Rollup rollup, RollupPlan plan) =>
        new()
        {
            ["rollup"] = rollup.Definition.Name.Value,
            ["version"] = plan.Version,
            ["changed"] = plan.IsChanged,
            ["statements"] = List(plan.Statements),
            ["unseen_rows"] = plan.UnseenRows,
            ["remarks"] = List(plan.Remarks),
        };

    public static JsonObject Json(Rollup rollup, RollupVerification verification) =>
        new()
        {
            ["rollup"] = rollup.Definition.Name.Value,
            ["exact"] = verification.IsExact,
            ["rows"] = verification.Rows,
            ["partitions"] = verification.Partitions,
            ["busy"] = List(verification.Busy),
            ["findings"] = new JsonArray([
                .. verification.Findings.Select(finding => new JsonObject
                {
                    ["interval"] = finding.Interval.ToString(),
                    ["partition"] = finding.Partition,
                    ["kind"] = finding.Kind.ToString().ToLowerInvariant(),
                    ["from"] = Time(finding.From),
                    ["to"] = Time(finding.To),
                    ["source_rows"] = finding.SourceRows,
                    ["rollup_rows"] = finding.RollupRows,
                    ["explanation"] = finding.Explanation,
                }),
            ]),
        };

    public static JsonObject Json(Rollup rollup, RollupBackfillReport report) =>
        new()
        {
            ["rollup"] = rollup.Definition.Name.Value,
            ["filled"] = List(report.Filled),
            ["untouched"] = List(report.Untouched),
            ["busy"] = List(report.Busy),
        };

    public static JsonObject Json(Rollup rollup, RollupRebuildReport report) =>
        new()
        {
            ["rollup"] = rollup.Definition.Name.Value,
            ["old_version"] = report.OldVersion == 0 ? null : report.OldVersion,
            ["version"] = report.NewVersion,
            ["backfilled_rows"] = report.BackfilledRows,
            ["partitions"] = report.Partitions,
            ["busy"] = List(report.Verification.Busy),
        };

    public static JsonObject Json(Rollup rollup, RollupLoadReport report) =>
        new()
        {
            ["source"] = rollup.Definition.Source.Value,
            ["load"] = report.Load,
            ["rows"] = report.Rows,
            ["done_before"] = report.WasDoneBefore,
        };

    public static JsonObject Json(Rollup rollup, string what, IEnumerable<string> names) =>
        new() { ["rollup"] = rollup.Definition.Name.Value, [what] = List(names) };

    public static JsonObject Json(RollupStatus status) =>
        new()
        {
            ["rollup"] = status.Name.Value,
            ["version"] = status.Version,
            ["intervals"] = new JsonArray([
                .. status.Intervals.Select(at => new JsonObject
                {
                    ["interval"] = at.Interval.ToString(),
                    ["source_rows"] = at.SourceRows,
                    ["buckets"] = at.Buckets,
                    ["first"] = Time(at.First),
                    ["last"] = Time(at.Last),
                    ["lag_seconds"] = at.Lag?.TotalSeconds,
                    ["partitions"] = at.Partitions,
                    ["most_parts_in_partition"] = at.MostPartsInPartition,
                    ["bytes_on_disk"] = at.BytesOnDisk,
                    ["bytes_uncompressed"] = at.BytesUncompressed,
                    ["query_p95_seconds"] = at.QueryP95.TotalSeconds,
                }),
            ]),
            ["speed"] = Json(status.Speed),
            ["files"] = new JsonArray([.. status.Files.Select(Json)]),
            ["problems"] = new JsonArray([
                .. status.Problems.Select(problem => new JsonObject
                {
                    ["kind"] = RollupStatus.NameOf(problem.Kind),
                    ["object"] = problem.Object,
                    ["text"] = problem.Text,
                }),
            ]),
        };

    private static string Text(string of, RollupTimes? times, string? unknown) =>
        times is null
            ? $"{of} unknown ({unknown ?? "no query in the last hour"})"
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{of} {times.Median.TotalMilliseconds:0.0} ms (median), {times.P95.TotalMilliseconds:0.0} ms (p95) of "
                    + $"{times.Count}"
            );

    private static JsonObject Json(RollupSpeed speed) =>
        new()
        {
            ["slow"] = speed.IsSlow,
            ["slow_after_seconds"] = speed.SlowAfter.TotalSeconds,
            ["query"] = speed.Query,
            ["typical"] = Json(speed.Typical),
            ["typical_unknown"] = speed.TypicalUnknown,
            ["clients"] = Json(speed.Clients),
            ["clients_unknown"] = speed.ClientsUnknown,
        };

    private static JsonObject? Json(RollupTimes? times) =>
        times is null
            ? null
            : new()
            {
                ["count"] = times.Count,
                ["median_seconds"] = times.Median.TotalSeconds,
                ["p95_seconds"] = times.P95.TotalSeconds,
            };

    private static JsonArray List(IEnumerable<string> texts) => new([.. texts.Select(text => JsonValue.Create(text))]);

    private static JsonNode? Time(DateTimeOffset? time) =>
        time?.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
