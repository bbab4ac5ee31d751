using System.Collections;
using System.Collections.Concurrent;
using System.Diagnostics.Tracing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Remora.Feeds.Keys;
using Remora.Feeds.Time;
using Remora.Markets;
using Remora.Server.Settings;
using Remora.Supervision;

namespace Remora.Server.Tests;

/// <summary>
/// Runs the whole service with keys against a world that fails and returns the sent requests, and
/// searches all output of the service for the keys.
/// </summary>
public sealed class KeyLeakTests
{
    private static readonly string[] Secrets =
    [
        "LEAK-cryptopanic-0123456789",
        "LEAK-coinglass-0123456789",
        "LEAK-fred-0123456789",
    ];

    private static SourceKeys Keys =>
        SourceKeys.Read(SourceKeys.Variables.Zip(Secrets).ToDictionary(pair => pair.First, pair => pair.Second));

    [Theory, InlineData("401"), InlineData("redirect"), InlineData("title"), InlineData("silence")]
    public async Task No_key_is_in_a_log_an_answer_or_a_process(string fault)
    {
        var sent = new ConcurrentQueue<string>();
        await using var world = await StartAsync(sent, fault);
        using var log = new Everything();
        using var logs = LoggerFactory.Create(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(log));
        var settings = new ServiceSettings
        {
            Port = 0,
            Pairs = [Pair.Parse("BTC/USDT")],
            Keys = Keys,
            DollarSource = Feeds.Http.DollarSource.Fred,
        };
        var clock = new ScaledClock(new(2025, 3, 10, 15, 0, 0, TimeSpan.Zero), 600);
        await using var outside = OutsideWorld.Connect(
            settings,
            clock,
            new("simulated", world.Urls.Single(), 600),
            null,
            logs
        );
        await using var service = await ServiceHost.StartAsync(settings, outside.Parts, clock);
        using var reporting = new CancellationTokenSource();
        var reporter = new FeedReporter(outside.Parts).RunAsync(reporting.Token);
        await LiveServer.UntilAsync(() =>
            Secrets.All(secret => sent.Any(request => request.Contains(secret, StringComparison.Ordinal)))
            && outside.Parts.Sources.Count(source => source.Health.LastError is not null)
                >= (fault == "silence" ? 0 : 3)
        );
        using var http = new HttpClient { BaseAddress = new(service.Url) };
        var said = new List<string>();
        foreach (
            var path in new[]
            {
                "/api/v1/sources",
                "/api/v1/status",
                "/api/v1/news",
                "/api/v1/risk?pair=BTC/USDT",
                "/api/v1/risk?pair=NOPE",
                "/api/v1/nothing",
                "/metrics",
                "/openapi/v1.json",
            }
        )
        {
            using var answer = await http.GetAsync(path);
            said.Add($"{answer.Headers}{await answer.Content.ReadAsStringAsync()}");
        }
        said.AddRange(outside.Parts.Sources.Select(source => $"{source.Health} {source.Health.LastError}"));
        said.Add($"{settings} {outside.Parts}");
        if (outside.Parts.Bridge!().ProcessId is { } bridge && OperatingSystem.IsLinux())
            said.AddRange([File.ReadAllText($"/proc/{bridge}/cmdline"), File.ReadAllText($"/proc/{bridge}/environ")]);
        said.Add(string.Join(' ', Environment.GetCommandLineArgs()));
        await LiveServer.UntilAsync(() => fault == "silence" || !log.Lines.IsEmpty);
        await reporting.CancelAsync();
        await reporter.UntilCancelledAsync(reporting.Token);
        foreach (var text in said.Concat(log.Lines))
            Assert.DoesNotContain("LEAK-", text, StringComparison.OrdinalIgnoreCase);
    }

    private static async Task<WebApplication> StartAsync(ConcurrentQueue<string> sent, string fault)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.Run(async context =>
        {
            var asked =
                $"{context.Request.Path}{context.Request.QueryString} "
                + $"{string.Join(';', context.Request.Headers.Select(header => $"{header.Key}: {header.Value}"))}";
            sent.Enqueue(asked);
            switch (fault)
            {
                case "401":
                    context.Response.StatusCode = 401;
                    await context.Response.WriteAsync(asked);
                    break;
                case "redirect":
                    context.Response.Redirect("/elsewhere" + context.Request.Path + context.Request.QueryString);
                    break;
                case "title":
                    await context.Response.WriteAsJsonAsync(
                        new
                        {
                            code = "1",
                            msg = asked,
                            error_message = asked,
                            results = new[] { new { title = "Crash " + asked, published_at = "2025-03-10T14:00:00Z" } },
                        }
                    );
                    break;
                default:
                    await Task.Delay(Timeout.Infinite, context.RequestAborted)
                        .ContinueWith(_ => { }, TaskScheduler.Default);
                    break;
            }
        });
        await app.StartAsync();
        return app;
    }

    /// <summary>
    /// Records every logger at its most detailed level, and the diagnostics of .NET's HTTP client.
    /// </summary>
    private sealed class Everything : EventListener, ILoggerProvider, ILogger
    {
        private readonly ConcurrentQueue<string> _lines = new();

        public ConcurrentQueue<string> Lines => _lines;

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        ) => _lines.Enqueue($"{formatter(state, exception)} {exception}");

        protected override void OnEventSourceCreated(EventSource eventSource)
        {
            if (eventSource.Name is "System.Net.Http")
                EnableEvents(eventSource, EventLevel.LogAlways);
        }

        protected override void OnEventWritten(EventWrittenEventArgs eventData) =>
            _lines?.Enqueue(string.Join(' ', ((IEnumerable?)eventData.Payload)?.Cast<object?>() ?? []));
    }
}
