using System.Diagnostics;
using System.Text.Json;

namespace Remora.Server.Tests.Page;

/// <summary>
/// A real headless browser, shared by the tests of the page. The tests are skipped if it is
/// missing.
/// </summary>
public sealed class Browser : IAsyncLifetime
{
    private static readonly string Root = FindRoot();
    private Process? _process;

    /// <summary>The folder for screenshots of the page.</summary>
    private static string Pictures { get; } =
        Directory.CreateDirectory(Path.Combine(Root, "artifacts", "page-pictures")).FullName;

    public ValueTask InitializeAsync()
    {
        var driver = Path.Combine(Root, "tests", "Remora.Server.Tests", "Page", "browser.mjs");
        if (
            FindOnPath("chromium", "chromium-browser", "google-chrome") is { } browser
            && FindOnPath("node") is { } node
        )
            _process = Process.Start(
                new ProcessStartInfo(node, [driver, browser])
                {
                    RedirectStandardInput = true,
                    RedirectStandardOutput = true,
                    WorkingDirectory = Root,
                }
            );
        return ValueTask.CompletedTask;
    }

    /// <summary>Opens an address in a new window without stored data.</summary>
    /// <param name="answers">
    /// Bodies that replace answers of the service, by the path after <c>/api/v1/</c>.
    /// </param>
    /// <param name="workers">Whether the page can keep its files and answers.</param>
    public Task OpenAsync(
        string url,
        int width = 1440,
        bool dark = false,
        IReadOnlyDictionary<string, string>? answers = null,
        bool workers = false
    ) =>
        SendAsync(
            new
            {
                command = "open",
                url,
                width,
                height = width < 600 ? 844 : 900,
                dark,
                answers = answers ?? new Dictionary<string, string>(),
                workers,
            }
        );

    /// <summary>Waits until an expression in the page is true.</summary>
    public Task UntilAsync(string condition) => SendAsync(new { command = "until", condition });

    /// <summary>Returns the value of an expression in the page.</summary>
    public Task<JsonElement> AskAsync(string expression) => SendAsync(new { command = "ask", expression });

    public async Task<string> TextAsync(string selector) =>
        (await AskAsync($"document.querySelector(`{selector}`).textContent.trim()")).GetString()!;

    public Task PressAsync(string key) => SendAsync(new { command = "press", key });

    public Task ClickAsync(string selector) => SendAsync(new { command = "click", selector });

    /// <summary>
    /// Asserts that axe-core finds nothing serious or critical and that nothing is wider than the
    /// window.
    /// </summary>
    public async Task HasNoFaultAsync(string what)
    {
        var faults = await SendAsync(new { command = "check" });
        Assert.True(faults.GetArrayLength() == 0, $"{what}: {faults}");
        Assert.True(
            (await AskAsync("document.documentElement.scrollWidth <= innerWidth")).GetBoolean(),
            $"{what}: wider than the window"
        );
    }

    /// <summary>
    /// Asserts that the page sent requests to the service only and reported no errors.
    /// </summary>
    public async Task IsQuietAsync(string url)
    {
        var faults = await SendAsync(new { command = "faults" });
        Assert.Equal("[]", faults.GetProperty("console").GetRawText());
        Assert.Equal(url, Assert.Single(faults.GetProperty("hosts").EnumerateArray()).GetString());
    }

    /// <summary>Returns the reasons for which the browser would not install the page.</summary>
    public async Task<IReadOnlyList<string?>> InstallErrorsAsync() =>
        [.. (await SendAsync(new { command = "install" })).EnumerateArray().Select(error => error.GetString())];

    public Task PictureAsync(string name) =>
        SendAsync(new { command = "picture", path = Path.Combine(Pictures, name + ".png") });

    public async ValueTask DisposeAsync()
    {
        if (_process is null)
            return;
        _process.StandardInput.Close(); // the process closes the browser and ends
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        try
        {
            await _process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill(entireProcessTree: true);
        }
        _process.Dispose();
    }

    private async Task<JsonElement> SendAsync(object command)
    {
        if (_process is null)
            Assert.Skip("there is no browser (chromium, chromium-browser or google-chrome) or no node on the PATH");
        await _process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(command));
        await _process.StandardInput.FlushAsync();
        var line =
            await _process.StandardOutput.ReadLineAsync()
            ?? throw new InvalidOperationException("the browser has ended");
        var answer = JsonElement.Parse(line);
        if (answer.TryGetProperty("error", out var error))
            Assert.Fail($"{JsonSerializer.Serialize(command)}: {error}");
        return answer.GetProperty("result");
    }

    private static string? FindOnPath(params string[] names) =>
        (
            from name in names
            from folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            let path = Path.Combine(folder, name)
            where File.Exists(path)
            select path
        ).FirstOrDefault();

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Remora.slnx")))
            folder = folder.Parent!;
        return folder.FullName;
    }
}
