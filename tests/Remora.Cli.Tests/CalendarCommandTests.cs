using System.Text.Json;

namespace Remora.Cli.Tests;

/// <summary>
/// Tests the calendar, from an iCalendar file to the event flag of a running service.
/// </summary>
public sealed class CalendarCommandTests
{
    [Fact]
    public async Task An_import_reaches_a_running_service()
    {
        using var folder = new TemporaryFolder();
        var (calendar, ics) = (folder.File("calendar.csv"), folder.File("events.ics"));
        var soon = DateTimeOffset.UtcNow.AddMinutes(30);
        await File.WriteAllTextAsync(
            ics,
            $"BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:Rate "
                + $"decision\nDTSTART:{soon:yyyyMMdd'T'HHmm00'Z'}\nEND:VEVENT\nBEGIN:VEVENT\nSUMMARY:A "
                + $"day\nDTSTART;VALUE=DATE:20300101\nEND:VEVENT\nEND:VCALENDAR\n"
        );
        await using var service = RemoraProcess.Start([
            "serve",
            "--sandbox",
            "--port",
            "0",
            "--pairs",
            "BTC/USDT",
            "--sources",
            "false",
            "--calendar",
            calendar,
        ]);
        using var http = new HttpClient { BaseAddress = new(await service.UrlAsync()) };
        Assert.Equal(JsonValueKind.Null, (await FlagAsync(http)).ValueKind);

        var (exit, output, errors) = await RemoraProcess.RunAsync("calendar", "import", ics, "--calendar", calendar);
        Assert.True(exit == 0, errors);
        Assert.Contains("1 events added", output, StringComparison.Ordinal);
        Assert.Contains("skipped: A day", errors, StringComparison.Ordinal);
        await ServeCommandTests.EventuallyAsync(
            async () => (await FlagAsync(http)).ValueKind == JsonValueKind.True,
            () => "the service does not see the event"
        );
        (_, output, _) = await RemoraProcess.RunAsync("sources", "--url", http.BaseAddress!.ToString());
        Assert.Contains("next Rate decision at", output, StringComparison.Ordinal);

        (exit, output, _) = await RemoraProcess.RunAsync(
            "calendar",
            "import",
            ics,
            "--calendar",
            calendar,
            "--at",
            "19:00"
        );
        Assert.Equal(0, exit);
        Assert.Contains("1 events added", output, StringComparison.Ordinal);
        Assert.Contains("1 already present", output, StringComparison.Ordinal);
        (exit, output, _) = await RemoraProcess.RunAsync("calendar", "list", "--calendar", calendar);
        Assert.Equal(0, exit);
        Assert.Contains("2030-01-01T19:00:00Z  other    A day", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Repeating_events_are_imported_until_a_date_and_again_later()
    {
        using var folder = new TemporaryFolder();
        var (calendar, ics) = (folder.File("calendar.csv"), folder.File("events.ics"));
        await File.WriteAllTextAsync(
            ics,
            """
            BEGIN:VCALENDAR
            BEGIN:VEVENT
            SUMMARY:Inventories, weekly
            DTSTART;TZID=Eastern Standard Time:20200101T103000
            RRULE:FREQ=WEEKLY
            END:VEVENT
            END:VCALENDAR
            """
        );
        string Until(int days) => $"{DateTimeOffset.UtcNow.AddDays(days):yyyy-MM-dd}";
        var (exit, _, errors) = await RemoraProcess.RunAsync(
            "calendar",
            "import",
            ics,
            "--calendar",
            calendar,
            "--until",
            Until(29)
        );
        Assert.True(exit == 0, errors);
        var rows = (await File.ReadAllLinesAsync(calendar)).Count(line =>
            line.EndsWith(",\"Inventories, weekly\"", StringComparison.Ordinal)
        );
        Assert.InRange(rows, 4, 5);
        var (_, output, _) = await RemoraProcess.RunAsync("calendar", "import", ics, "--calendar", calendar);
        Assert.Contains($"{rows} already present", output, StringComparison.Ordinal);
        (_, output, _) = await RemoraProcess.RunAsync("calendar", "list", "--calendar", calendar, "--all");
        Assert.InRange(output.Split("  Inventories, weekly\n").Length - 1, 52, 54);
        (exit, _, errors) = await RemoraProcess.RunAsync(
            "calendar",
            "import",
            ics,
            "--calendar",
            calendar,
            "--until",
            Until(4000)
        );
        Assert.Equal(2, exit);
        Assert.Contains("expected a time from now to", errors, StringComparison.Ordinal);
    }

    /// <summary>
    /// Runs in the published executable too, so the shipped dates must be inside it.
    /// </summary>
    [Fact]
    public async Task The_dates_of_forecasts_are_listed_with_kinds_and_until_when_they_are_known()
    {
        using var folder = new TemporaryFolder();
        string[] place = ["--data", folder.Path];
        var (exit, output, errors) = await RemoraProcess.RunAsync([
            "calendar",
            "list",
            "--forecasts",
            "--all",
            .. place,
        ]);
        Assert.True(exit == 0, errors);
        Assert.Contains("2022-06-10T12:30:00Z  cpi      US consumer prices\n", output, StringComparison.Ordinal);
        Assert.Contains("2025-12-25T00:00:00Z  holiday  Christmas Day\n", output, StringComparison.Ordinal);
        Assert.Contains("\n# known until: fomc 2027-12-31\n", output, StringComparison.Ordinal);

        // Rows and statements of the user's file are added.
        await File.WriteAllTextAsync(
            folder.File("calendar.csv"),
            "time,announced,kind,name\n# known until: fomc 2030-12-31\n2030-01-30T19:00:00Z,2029-06-01,fomc,decision\n"
        );
        (exit, output, _) = await RemoraProcess.RunAsync(["calendar", "list", .. place]);
        Assert.Equal(0, exit);
        Assert.StartsWith("2030-01-30T19:00:00Z  fomc     decision\n", output, StringComparison.Ordinal);
        Assert.Contains("\n# known until: fomc 2030-12-31\n", output, StringComparison.Ordinal);
        Assert.DoesNotContain("consumer prices", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_import_sets_the_kind()
    {
        using var folder = new TemporaryFolder();
        var (calendar, ics) = (folder.File("calendar.csv"), folder.File("events.ics"));
        await File.WriteAllTextAsync(
            ics,
            "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:FOMC\nDTSTART:20300130T190000Z\nEND:VEVENT\nEND:VCALENDAR\n"
        );
        string[] import = ["calendar", "import", ics, "--calendar", calendar, "--kind", "fomc"];
        var (exit, _, errors) = await RemoraProcess.RunAsync(import);
        Assert.True(exit == 0, errors);
        Assert.EndsWith(",fomc,FOMC\n", await File.ReadAllTextAsync(calendar), StringComparison.Ordinal);
        await File.WriteAllTextAsync(calendar, "time,announced,name\n");
        (exit, _, errors) = await RemoraProcess.RunAsync(import);
        Assert.Equal(2, exit);
        Assert.Contains("has no column 'kind'", errors, StringComparison.Ordinal);
        (exit, _, errors) = await RemoraProcess.RunAsync([.. import[..^1], "rates"]);
        Assert.Equal(2, exit);
        Assert.Contains("expected one of cpi, nfp, fomc, holiday, other", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Invalid_use_names_the_problem()
    {
        using var folder = new TemporaryFolder();
        var file = folder.File("calendar.csv");
        Assert.Equal(1, (await RemoraProcess.RunAsync("calendar", "list", "--calendar", file)).ExitCode);
        await File.WriteAllTextAsync(file, "time,announced,name\nsoon,,x\n");
        var (exit, _, errors) = await RemoraProcess.RunAsync("calendar", "list", "--calendar", file);
        Assert.Equal(2, exit);
        Assert.Contains("line 2: time is 'soon'", errors, StringComparison.Ordinal);
        (exit, _, errors) = await RemoraProcess.RunAsync(
            "calendar",
            "import",
            file,
            "--calendar",
            folder.File("other.csv")
        );
        Assert.Equal(2, exit);
        Assert.Contains("BEGIN:VCALENDAR", errors, StringComparison.Ordinal);
    }

    private static async Task<JsonElement> FlagAsync(HttpClient http) =>
        JsonElement
            .Parse(await http.GetStringAsync("/api/v1/risk?pair=BTC/USDT"))
            .GetProperty("event_flags")
            .GetProperty("flag_scheduled_event");
}
