using System.CommandLine;
using System.Globalization;
using Remora.Csv;
using Remora.Feeds.Calendar;
using Remora.Markets;
using Remora.Server.Settings;

namespace Remora.Cli.Commands;

/// <summary><c>remora calendar</c>: the scheduled events of the service.</summary>
internal static class CalendarCommand
{
    private const int MostYears = 10;
    private static readonly Dictionary<string, CalendarEventKind> Kinds = Enum.GetValues<CalendarEventKind>()
        .ToDictionary(RemoraJson.NameOf);

    public static Command Create() =>
        new(
            "calendar",
            "Lists or imports scheduled events of the calendar file. A running service reloads the file when it "
                + "changes."
        )
        {
            List(),
            Import(),
        };

    private static Command List()
    {
        var service = new ServiceOptionSet();
        var all = new Option<bool>("--all") { Description = "Include past events" };
        var forecasts = new Option<bool>("--forecasts")
        {
            Description = "List the dates that forecasts use: those of the file, the shipped ones and the agency's",
        };
        var command = new Command(
            "list",
            "Lists upcoming events with their kinds, and until when the dates of forecasts are known."
        )
        {
            all,
            forecasts,
        };
        foreach (var option in service.All)
            command.Options.Add(option);
        command.SetAction(parsed =>
            Attempt(() =>
            {
                var settings = service.Read(parsed);
                var file = settings.CalendarFile;
                var own = File.Exists(file) ? CalendarCsv.Read(File.OpenRead(file)) : null;
                if (own is null && !parsed.GetValue(forecasts))
                    return Terminal.Fail(
                        $"the calendar file {file} does not exist: create it, or run 'remora calendar import FILE.ics'",
                        ExitCode.No
                    );
                var now = Instant.From(TimeProvider.System.GetUtcNow());
                var dates = DatesOf(settings, own, now);
                var events = parsed.GetValue(forecasts)
                    ? dates.Events.Select(e => (e.At, e.Kind, e.Name))
                    : own!.Entries.Select(e => (e.At, e.Kind, e.Name));
                foreach (
                    var (at, kind, name) in events
                        .Where(e => parsed.GetValue(all) || e.At >= now)
                        .OrderBy(e => e.At.UnixMilliseconds)
                )
                    Console.WriteLine($"{at}  {RemoraJson.NameOf(kind), -7}  {name}");
                foreach (var (kind, day) in dates.KnownUntil.OrderBy(known => known.Key))
                    Console.WriteLine(CalendarCsv.KnownUntilLine(kind, day));
                return ExitCode.Ok;
            })
        );
        return command;
    }

    /// <summary>Returns the calendar of forecasts, as the service combines it.</summary>
    private static ForecastCalendar DatesOf(ServiceSettings settings, CalendarContent? own, Instant now)
    {
        var dates = new ForecastDates(ShippedCalendar.Dates);
        if (BlsSchedule.Load(settings.BlsCalendarFile) is { } agency)
            dates.SetAgency(agency);
        dates.SetOwn(own?.ForForecasts(now));
        return dates.Current;
    }

    private static Command Import()
    {
        var source = new Argument<string>("FILE") { Description = "iCalendar file (.ics)" };
        var service = new ServiceOptionSet();
        var at = new Option<string?>("--at")
        {
            Description = "Time of day (UTC) of all-day events, for example 19:00",
            HelpName = "HH:MM",
        };
        var kind = new Option<CalendarEventKind>("--kind")
        {
            Description = $"Kind of the events: {string.Join(", ", Kinds.Keys)}",
            HelpName = "KIND",
            DefaultValueFactory = _ => CalendarEventKind.Other,
            CustomParser = result =>
            {
                var text = result.Tokens.Count > 0 ? result.Tokens[0].Value : "";
                if (!Kinds.TryGetValue(text, out var known))
                    result.AddError($"--kind '{text}': expected one of {string.Join(", ", Kinds.Keys)}");
                return known;
            },
        };
        var until = Options.Time(
            "--until",
            $"Last date of repeating events, at most {MostYears} years ahead [default: a year from now]"
        );
        var command = new Command(
            "import",
            "Adds the events of an iCalendar file to the calendar. Skips events that it already contains."
        )
        {
            source,
            at,
            kind,
            until,
        };
        foreach (var option in service.All)
            command.Options.Add(option);
        command.SetAction(parsed =>
            Attempt(() =>
            {
                TimeSpan? allDayAt = null;
                if (parsed.GetValue(at) is { } text)
                    allDayAt = TimeSpan.TryParseExact(text, @"hh\:mm", CultureInfo.InvariantCulture, out var time)
                        ? time
                        : throw new FormatException($"--at '{text}': expected a time of day in UTC such as 19:00");
                var now = TimeProvider.System.GetUtcNow();
                var last = Instant.From(now.AddYears(MostYears));
                var to = parsed.GetValue(until) ?? Instant.From(now.AddYears(1));
                if (to <= Instant.From(now) || to > last)
                    throw new FormatException($"--until {to}: expected a time from now to {last}");
                var span = new IcsOptions
                {
                    From = Instant.From(now).Floor(TimeSpan.FromDays(1)),
                    Until = to,
                    AllDayAt = allDayAt,
                };
                var content = IcsFile.Read(File.ReadAllText(parsed.GetValue(source)!), span);
                foreach (var line in content.LeftOut)
                    Console.Error.WriteLine("skipped: " + line);
                var file = service.Read(parsed).CalendarFile;
                var added = Add(
                    file,
                    [.. content.Entries.Select(entry => entry with { Kind = parsed.GetValue(kind) })]
                );
                Console.WriteLine(
                    $"{added} events added to {file}, {content.Entries.Count - added} already present, "
                        + $"{content.LeftOut.Count} skipped"
                );
                return content.Entries.Count == 0 ? ExitCode.No : ExitCode.Ok;
            })
        );
        return command;
    }

    /// <summary>
    /// Appends lines and keeps existing text unchanged. Replaces the file atomically, so that
    /// readers never see a part of it.
    /// </summary>
    private static int Add(string file, IReadOnlyList<CalendarEntry> entries)
    {
        var text = File.Exists(file) ? File.ReadAllText(file) : CalendarCsv.Header + "\n";
        var content = CalendarCsv.Parse(text);
        if (!content.HasKind && entries.Any(entry => entry.Kind != CalendarEventKind.Other))
            throw new FormatException(
                $"{file} has no column 'kind': replace its header by '{CalendarCsv.Header}' and add a kind to each line"
            );
        var existing = content.Entries.Select(entry => (entry.At, entry.Name)).ToHashSet();
        var now = Instant.From(TimeProvider.System.GetUtcNow());
        // Each is announced when it became knowable; null for past events.
        var added = entries
            .OrderBy(entry => entry.At.UnixMilliseconds)
            .Where(entry => existing.Add((entry.At, entry.Name)))
            .Select(entry => entry with { Announced = now < entry.At ? now : null })
            .ToList();
        if (added.Count == 0)
            return 0;
        using var lines = new StringWriter();
        lines.Write(text);
        if (!text.EndsWith('\n'))
            lines.Write('\n');
        CalendarCsv.Write(lines, added, content.HasKind);
        CalendarCsv.Parse(lines.ToString());
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
        var next = file + ".new";
        File.WriteAllText(next, lines.ToString());
        File.Move(next, file, overwrite: true);
        return added.Count;
    }

    private static int Attempt(Func<int> action)
    {
        try
        {
            return action();
        }
        catch (SettingsException e)
        {
            return Terminal.Fail(string.Join("; ", e.Errors), ExitCode.Usage);
        }
        catch (Exception e) when (e is FormatException or IOException or UnauthorizedAccessException)
        {
            return Terminal.Fail(e.Message, ExitCode.Usage);
        }
    }
}
