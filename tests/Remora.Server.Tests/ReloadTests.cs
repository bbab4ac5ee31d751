using System.Net;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Remora.Bots.Tests;
using Remora.Server.Settings;

namespace Remora.Server.Tests;

/// <summary>Reloads settings while the service runs.</summary>
public sealed class ReloadTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("remora-reload").FullName;

    private string SettingsPath => Path.Combine(_folder, "remora.json");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void What_changed_is_applied_or_needs_a_restart_and_a_bad_file_changes_nothing()
    {
        using var lines = new LogLines();
        Write("""{ "port": 8001, "log_level": "warning", "key_per_minute": 10, "markets": [{ "pair": "BTC/USD" }] }""");
        var flags = new Dictionary<string, string> { ["untracked"] = "unknown" };
        SettingsReading Read() =>
            new(
                SettingsReader.Read(SettingsPath, new Dictionary<string, string>(), flags),
                SettingsReader.TextsOf(SettingsPath, new Dictionary<string, string>(), flags)
            );
        var started = Read();
        var live = new LiveSettings(started.Settings);
        ServiceSettings? taken = null;
        var reload = new SettingsReload(live, started, Read, now => taken = now, lines);

        AssertReport(reload.Run(), [], []);
        Assert.Null(taken);

        // A flag is stronger than the file, a missing key is its default
        Write(
            """{ "port": 8002, "log_level": "debug", "access_log": true, "untracked": "whole_market", "markets": [{ "pair": "ETH/USD" }] }"""
        );
        AssertReport(reload.Run(), ["access_log", "key_per_minute", "log_level"], ["markets", "port"]);
        Assert.Equal(
            (LogLevel.Debug, true, 300, UntrackedRule.Unknown, 8001),
            (
                live.Current.LogLevel,
                live.Current.AccessLog,
                live.Current.KeyPerMinute,
                live.Current.Untracked,
                live.Current.Port
            )
        );
        Assert.Equal("BTC/USD", Assert.Single(live.Current.Markets).Pair.ToString());
        Assert.Same(live.Current, taken);
        Assert.Contains(lines.All, line => line.Contains("log_level") && line.Contains("restart: markets, port"));

        // What needs a restart still does
        AssertReport(reload.Run(), [], ["markets", "port"]);
        foreach (
            var (wrong, reason) in new[]
            {
                ("""{ "log_level": "loud", "access_log": false }""", "expected debug, information, warning or error"),
                ("""{ "acces_log": false }""", "did you mean 'access_log'?"),
                ("""{ "access_log": """, "remora.json:1:"),
            }
        )
        {
            Write(wrong);
            var before = live.Current;
            Assert.Contains(
                reason,
                string.Join('\n', Assert.Throws<SettingsException>(reload.Run).Errors),
                StringComparison.Ordinal
            );
            Assert.Same(before, live.Current);
            Assert.Contains(lines.All, line => line.Contains("nothing was changed") && line.Contains(reason));
        }
    }

    [Fact]
    public async Task A_running_service_applies_them_and_answers_what_changed()
    {
        Write("""{ "max_added_pairs": 5 }""");
        SettingsReading Read() =>
            new(
                SettingsReader.Read(SettingsPath, new Dictionary<string, string>(), new Dictionary<string, string>()),
                SettingsReader.TextsOf(SettingsPath, new Dictionary<string, string>(), new Dictionary<string, string>())
            );
        var settings = LiveServer.Settings with { MaxAddedPairs = 5 };
        using var lines = new LogLines();
        var live = new LiveSettings(settings);
        var reload = new SettingsReload(live, Read(), Read, _ => { }, lines);
        await using var service = await LiveServer.StartAsync(settings, log: lines, live: live, reload: reload);
        Assert.Equal(5, await LimitAsync());
        await service.Http.GetAsync("/api/v1/risk");
        Assert.DoesNotContain(lines.All, line => line.StartsWith("GET /api/v1/risk "));

        Write("""{ "max_added_pairs": 7, "access_log": true, "untracked": "unknown", "timeframe": "1h" }""");
        using (var answer = await service.Http.PostAsync("/api/v1/reload", null))
        {
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.Equal(
                """{"changed":["access_log","max_added_pairs","untracked"],"need_restart":["timeframe"]}""",
                await answer.Content.ReadAsStringAsync()
            );
        }
        Assert.Equal(7, await LimitAsync());
        Assert.Equal("unknown", (await service.GetAsync("/api/v1/risk?pair=X/USDT")).GetProperty("state").GetString());
        await LiveServer.UntilAsync(() => lines.All.Any(line => line.StartsWith("GET /api/v1/risk 200")));

        Write("[");
        using var refused = await service.Http.PostAsync("/api/v1/reload", null);
        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
        var detail = JsonElement.Parse(await refused.Content.ReadAsStringAsync()).GetProperty("detail").GetString();
        Assert.StartsWith("The settings are invalid, and nothing was changed: ", detail);
        Assert.DoesNotContain(_folder, detail);
        Assert.Equal(7, await LimitAsync());

        async Task<int> LimitAsync() =>
            (await service.GetAsync("/api/v1/status")).GetProperty("added").GetProperty("limit").GetInt32();
    }

    [Fact]
    public void A_live_setting_copies_its_own_value_only()
    {
        var live = DeclaredSettings.All.Where(setting => setting.IsLive).ToList();
        Assert.NotEmpty(live);
        var values = new Dictionary<string, string>
        {
            ["max_added_pairs"] = "3",
            ["untracked"] = "unknown",
            ["anonymous_per_minute"] = "4",
            ["key_per_minute"] = "5",
            ["access_log"] = "true",
            ["log_level"] = "error",
        };
        Assert.Equal(values.Keys.Order(), live.Select(setting => setting.Name).Order());
        foreach (var setting in live)
        {
            var changed = setting.Apply(new(), [values[setting.Name]])!;
            var other = new ServiceSettings { Port = 1 };
            var copied = setting.Live!(changed with { Port = 2 }, other);
            Assert.NotEqual(other, copied);
            Assert.Equal(setting.Apply(other, [values[setting.Name]]), copied);
        }
    }

    private void Write(string json) => File.WriteAllText(SettingsPath, json);

    private static void AssertReport(ReloadReport report, string[] changed, string[] needRestart)
    {
        Assert.Equal(changed, report.Changed);
        Assert.Equal(needRestart, report.NeedRestart);
    }
}
