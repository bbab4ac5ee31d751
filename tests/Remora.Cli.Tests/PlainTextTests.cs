using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Remora.Bots.Tests;

namespace Remora.Cli.Tests;

/// <summary>Tests that text of files and services cannot control the terminal.</summary>
public sealed class PlainTextTests
{
    private const string Hostile = "evil\u001b]0;pwn\u0007\u001b[31m\u009b2J\u202e\r!";
    private const string Shown = @"evil\u001b]0;pwn\u0007\u001b[31m\u009b2J\u202e\u000d!";

    [Theory]
    [InlineData("plain, with ü, 💹, tab\tand\nlines\r\n", "plain, with ü, 💹, tab\tand\nlines\r\n")]
    [InlineData(Hostile, Shown)]
    [InlineData("\u007f\u200f\u2028\u2069", @"\u007f\u200f\u2028\u2069")]
    public void Control_characters_are_escaped(string text, string shown)
    {
        Assert.Equal(shown, PlainText.Of(text));
        using var target = new StringWriter { NewLine = "\n" };
        using (var writer = PlainText.Over(target))
        {
            writer.Write(text);
            writer.Write(text.ToCharArray());
            writer.WriteLine(text);
        }
        Assert.Equal(shown + shown + shown + "\n", target.ToString());
    }

    [Theory]
    [InlineData("a\r\nb\rc\r", "a\r\nb\\u000dc\\u000d")]
    [InlineData("\r\r\n", "\\u000d\r\n")]
    [InlineData(Hostile, Shown)]
    [InlineData("", "")]
    public async Task A_stream_is_escaped_wherever_it_is_cut(string text, string shown)
    {
        for (var cut = 0; cut <= text.Length; cut++)
        {
            using var reader = new InPieces(text[..cut], text[cut..]);
            using var target = new StringWriter();
            await PlainText.CopyAsync(reader, target, CancellationToken.None);
            Assert.Equal(shown, target.ToString());
        }
    }

    [Fact]
    public void Escaped_json_has_the_same_meaning()
    {
        var json = "{\"a\":\"\u202eb\u009b\"}";
        Assert.Equal("\u202eb\u009b", JsonElement.Parse(PlainText.Of(json)).GetProperty("a").GetString());
    }

    [Fact]
    public async Task Judge_prints_names_of_strategies_and_pairs_as_plain_text()
    {
        using var folder = new TemporaryFolder();
        var candles = folder.Write("candles.csv", Tapes.ToCsv(Tapes.Days(60)));
        var open = Tapes.Days(60)[^300].OpenTime.UnixMilliseconds;
        var trade = (string pair, long at) =>
            new Dictionary<string, object>
            {
                ["pair"] = pair,
                ["open_timestamp"] = at,
                ["close_timestamp"] = at + 3_600_000,
                ["open_rate"] = 1,
                ["close_rate"] = 1.01,
                ["amount"] = 1,
                ["stake_amount"] = 1,
                ["profit_ratio"] = 0.01,
                ["exit_reason"] = "roi",
            };
        var run = new Dictionary<string, object>
        {
            ["trades"] = new[] { trade("BTC/USDT", open), trade(Hostile, open) },
            ["starting_balance"] = 1000,
            ["backtest_start_ts"] = open - 86_400_000,
            ["backtest_end_ts"] = open + 86_400_000,
        };
        var runs = new Dictionary<string, object> { [Hostile] = run };
        var export = new Dictionary<string, object> { ["strategy"] = runs };
        var file = folder.Write("export.json", JsonSerializer.Serialize(export));
        var (exit, output, errors) = await RemoraProcess.RunAsync("judge", file, "--candles", $"BTC/USDT={candles}");
        Assert.True(exit == 0, errors);
        IsPlain(output);
        Assert.Contains(Shown + ", 20", output);
        Assert.Contains($"1 trades of {Shown} are not included", output);

        (exit, output, errors) = await RemoraProcess.RunAsync(
            "judge",
            file,
            "--candles",
            $"BTC/USDT={candles}",
            "--json"
        );
        Assert.True(exit == 0, errors);
        IsPlain(output);
        Assert.Equal(Hostile, JsonElement.Parse(output)[0].GetProperty("strategy").GetString());

        run["trades"] = Array.Empty<object>();
        file = folder.Write("empty.json", JsonSerializer.Serialize(export));
        (exit, output, errors) = await RemoraProcess.RunAsync("judge", file, "--candles", $"BTC/USDT={candles}");
        Assert.True(exit == 0, errors);
        Assert.EndsWith("There are no closed trades, so nothing can be said about the gate.", output.TrimEnd());
        Assert.DoesNotContain("NaN", output);
    }

    [Fact]
    public async Task Ask_prints_a_response_as_plain_text()
    {
        var risk = JsonSerializer.Serialize(
            new Dictionary<string, object>
            {
                ["pair"] = Hostile,
                ["safe_to_trade"] = false,
                ["recommendation"] = "no_entry",
                ["blocked_by"] = new[] { Hostile },
                ["reasoning"] = new[] { Hostile },
                ["risk_class"] = Hostile,
                ["policy"] = Hostile,
            }
        );
        var problem = JsonSerializer.Serialize(new Dictionary<string, object> { ["detail"] = Hostile });
        await using var service = await LoopbackServer.StartAsync(context =>
        {
            var isRefused = context.Request.Query["pair"] == "ETH/USDT";
            context.Response.StatusCode = isRefused ? 400 : 200;
            return context.Response.WriteAsync(isRefused ? problem : risk);
        });
        var (exit, output, errors) = await RemoraProcess.RunAsync("ask", "BTC/USDT", "--url", service.Url.ToString());
        Assert.True(exit == 1, errors);
        IsPlain(output);
        Assert.Contains(@"\u001b]0;pwn\u0007", output);

        (exit, _, errors) = await RemoraProcess.RunAsync("ask", "ETH/USDT", "--url", service.Url.ToString());
        Assert.Equal(2, exit);
        IsPlain(errors);
        Assert.Contains(Shown, errors);
    }

    [Fact]
    public void The_log_is_plain_text()
    {
        var lines = new Lines();
        using var log = new PlainLog(lines);
        log.CreateLogger("x").LogError(new InvalidOperationException(Hostile), "{Feed} is degraded", Hostile);
        var line = Assert.Single(lines.All);
        IsPlain(line);
        Assert.StartsWith(Shown + " is degraded", line);
        Assert.Contains(Shown, line[Shown.Length..]);
    }

    private static void IsPlain(string text) =>
        Assert.DoesNotContain(text, c => (char.IsControl(c) && c is not ('\n' or '\t')) || c == '\u202e');

    private sealed class InPieces(params string[] pieces) : TextReader
    {
        private readonly Queue<string> _pieces = new(pieces.Where(piece => piece.Length > 0));

        public override ValueTask<int> ReadAsync(Memory<char> buffer, CancellationToken cancellationToken = default)
        {
            if (!_pieces.TryDequeue(out var piece))
                return ValueTask.FromResult(0);
            piece.CopyTo(buffer.Span);
            return ValueTask.FromResult(piece.Length);
        }
    }

    /// <summary>Writes like console loggers: the message, then the text of the exception.</summary>
    private sealed class Lines : ILoggerFactory, ILogger
    {
        public List<string> All { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        ) => All.Add($"{formatter(state, exception)}\n{exception}");

        public void Dispose()
        {
            // nothing to dispose
        }
    }
}
