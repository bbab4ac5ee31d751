using System.IO.Compression;
using System.Net;
using System.Text.Json;

namespace Remora.Cli.Tests;

public sealed class OperationsTests
{
    [Fact]
    public async Task A_key_is_created_listed_rotated_and_revoked()
    {
        using var folder = new TemporaryFolder();
        var (exit, first, words) = await RemoraProcess.RunAsync(
            "keys",
            "add",
            "bot",
            "--policy",
            "aggressive",
            "--side",
            "short",
            "--scope",
            "decisions",
            "--scope",
            "metrics",
            "--days",
            "30",
            "--data",
            folder.Path
        );
        Assert.Equal(0, exit);
        Assert.Matches("^rmr_[A-Za-z0-9_-]{43}\n$", first.ReplaceLineEndings("\n"));
        Assert.Contains("not shown again", words);
        Assert.Equal(2, (await RemoraProcess.RunAsync("keys", "add", "bot", "--data", folder.Path)).ExitCode);
        Assert.Equal(
            2,
            (await RemoraProcess.RunAsync("keys", "add", "other", "--policy", "none", "--data", folder.Path)).ExitCode
        );

        var (_, second, _) = await RemoraProcess.RunAsync("keys", "rotate", "bot", "--data", folder.Path);
        Assert.NotEqual(first, second);
        var key = JsonElement.Parse(await File.ReadAllTextAsync(folder.File("keys.json")))[0];
        Assert.Equal(["decisions", "metrics"], key.GetProperty("scopes").EnumerateArray().Select(s => s.GetString()));
        Assert.Equal(
            TimeSpan.FromDays(30),
            key.GetProperty("expires").GetDateTimeOffset() - key.GetProperty("created").GetDateTimeOffset()
        );
        foreach (
            var wrong in (string[][])
                [
                    ["--scope", "write"],
                    ["--days", "0"],
                ]
        )
            Assert.Equal(
                2,
                (await RemoraProcess.RunAsync(["keys", "add", "other", .. wrong, "--data", folder.Path])).ExitCode
            );
        var (_, list, _) = await RemoraProcess.RunAsync("keys", "list", "--data", folder.Path);
        Assert.Contains("bot", list);
        Assert.Contains("aggressive", list);
        Assert.DoesNotContain("rmr_", list);

        Assert.Equal(0, (await RemoraProcess.RunAsync("keys", "revoke", "bot", "--data", folder.Path)).ExitCode);
        Assert.Equal(2, (await RemoraProcess.RunAsync("keys", "revoke", "bot", "--data", folder.Path)).ExitCode);
    }

    /// <summary>
    /// A code for a phone: its three finder patterns, and its size, which follows from the length.
    /// That it can be read was tried with jsQR, which tests do not have.
    /// </summary>
    [Fact]
    public async Task A_key_for_a_phone_is_drawn_as_a_code_and_still_printed_alone()
    {
        using var folder = new TemporaryFolder();
        string[] add = ["keys", "add", "phone", "--qr", "--data", folder.Path];
        var (exit, output, errors) = await RemoraProcess.RunAsync(add);
        Assert.Equal(2, exit);
        Assert.Contains("--qr needs the address of the page", errors, StringComparison.Ordinal);
        (exit, _, errors) = await RemoraProcess.RunAsync([.. add, "--url", "ftp://x"]);
        Assert.Equal(2, exit);
        Assert.Contains("expected an http:// or https:// address", errors, StringComparison.Ordinal);
        Assert.False(File.Exists(folder.File("keys.json"))); // nothing was created

        (exit, output, errors) = await RemoraProcess.RunAsync([.. add, "--url", "https://remora.example.org/"]);
        Assert.Equal(0, exit);
        var key = output.Trim();
        Assert.Matches("^rmr_[A-Za-z0-9_-]{43}$", key);
        var expected = KeyCode.LinesOf($"https://remora.example.org/#key={key}");
        var shown = errors.ReplaceLineEndings("\n");
        Assert.All(expected, line => Assert.Contains(line.TrimEnd(), shown, StringComparison.Ordinal));
        Assert.DoesNotContain(key, errors, StringComparison.Ordinal);
        const int quiet = 4;
        Assert.Equal(37 + (2 * quiet), expected[0].Length); // version 5, for 79 characters
        Assert.Equal("█▀▀▀▀▀█", expected[quiet / 2][quiet..(quiet + 7)]);
        Assert.Equal("█▀▀▀▀▀█", expected[quiet / 2][^(quiet + 7)..^quiet]);
    }

    [Fact]
    public async Task The_bundle_contains_the_status_and_no_secrets()
    {
        using var folder = new TemporaryFolder();
        var (_, secret, _) = await RemoraProcess.RunAsync("keys", "add", "bot", "--data", folder.Path);
        secret = secret.Trim();
        var environment = new Dictionary<string, string>
        {
            ["REMORA_API_KEY"] = secret,
            ["REMORA_FRED_API_KEY"] = "hunter2fred",
            ["REMORA_NOTIFY_URLS"] = "ntfy://me:hunter2@127.0.0.1:1/hunter2",
            ["HOOK_SECRET"] = "of a hook, hunter2",
            ["BOT_PASSWORD"] = "of a bot, hunter2",
        };
        var config = folder.Write(
            "bundle.json",
            """{ "heartbeat_url": "http://127.0.0.1:1/hunter2", "webhooks": [ { "url": "http://127.0.0.1:1/hunter2", "secret_env": "HOOK_SECRET" } ], "freqtrade": [ { "url": "http://127.0.0.1:1", "user": "me", "password_env": "BOT_PASSWORD" } ] }"""
        );
        await using var service = RemoraProcess.Start(
            [
                "serve",
                "--sandbox",
                "--port",
                "0",
                "--require-keys",
                "true",
                "--data",
                folder.Path,
                "--log-format",
                "json",
            ],
            new Dictionary<string, string> { ["REMORA_NOTIFY_URLS"] = environment["REMORA_NOTIFY_URLS"] }
        );
        var url = new Uri(await service.UrlAsync());
        var log = Path.Combine(folder.Path, "service.log");
        await File.WriteAllTextAsync(
            log,
            $"one line\nAuthorization: Bearer {secret}\npassword=hunter2 "
                + $"http://me:hunter2@example.org/\nntfy://hunter2\nX-ClickHouse-Key: hunter2\n"
        );
        var to = Path.Combine(folder.Path, "bundle.zip");
        await using var bundling = RemoraProcess.Start(
            [
                "support-bundle",
                "--config",
                config,
                "--to",
                to,
                "--log",
                log,
                "--port",
                url.Port.ToString(),
                "--data",
                folder.Path,
            ],
            environment
        );
        Assert.Equal(0, await bundling.ExitAsync());

        await using var zip = await ZipFile.OpenReadAsync(to);
        var entries = new Dictionary<string, string>();
        foreach (var entry in zip.Entries)
        {
            using var reader = new StreamReader(await entry.OpenAsync());
            entries[entry.FullName] = await reader.ReadToEndAsync();
        }
        Assert.Equal(
            [
                "doctor.txt",
                "log.txt",
                "metrics.txt",
                "pairs.json",
                "risk.json",
                "settings.json",
                "sources.json",
                "status.json",
                "store-tables.json",
                "store.json",
                "versions.txt",
            ],
            entries.Keys.Order(StringComparer.Ordinal)
        );
        Assert.All(
            entries.Values,
            text =>
                Assert.False(
                    text.Contains(secret)
                        || text.Contains("hunter2")
                        || text.Contains("of a hook")
                        || text.Contains("of a bot")
                        || text.Contains(secret[4..]),
                    text
                )
        );
        Assert.Contains("one line", entries["log.txt"]);
        Assert.Contains("REMORA_API_KEY is set", entries["versions.txt"]);
        Assert.True(JsonElement.Parse(entries["status.json"]).TryGetProperty("markets", out _));
        Assert.Contains("\"notifiers\":[{\"name\":\"ntfy\"", entries["status.json"]);
        Assert.Contains("\"heartbeat_url\": \"127.0.0.1\"", entries["settings.json"]);
        Assert.Contains("remora_build_info", entries["metrics.txt"]);
        Assert.Contains("data folder", entries["doctor.txt"]);
    }

    [Fact]
    public async Task Shutdown_ends_streams_cleanly()
    {
        await using var service = RemoraProcess.Start(["serve", "--sandbox", "--port", "0"]);
        using var http = new HttpClient { BaseAddress = new(await service.UrlAsync()) };
        using var response = await http.GetAsync("/api/v1/stream", HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        Assert.StartsWith("retry:", await reader.ReadLineAsync());
        service.Terminate();
        await reader.ReadToEndAsync().WaitAsync(TimeSpan.FromMinutes(3)); // throws if the connection breaks instead
        Assert.Equal(0, await service.ExitAsync());
    }
}
