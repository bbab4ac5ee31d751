using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Remora.Bots.Webhooks;
using Remora.Markets;
using Remora.Regimes;
using Remora.Risk;
using Remora.Testing;
using WebhookExample;

namespace Remora.Bots.Tests;

public sealed class WebhookTests : IAsyncLifetime
{
    private const string Secret = "s3cret";
    private readonly ManualClock _clock = new(Some.Time.ToDateTimeOffset());
    private readonly VerdictBoard _verdicts = new();
    private readonly LogLines _log = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _running = [];

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_running);
        _stop.Dispose();
    }

    [Fact]
    public async Task A_change_is_sent_signed_with_before_and_after()
    {
        await using var receiver = await Receiver.StartAsync();
        Run(new(receiver.Url, Secret));
        _verdicts.Update([Verdicts.Safe("BTC/USDT")]);
        _verdicts.Update([Verdicts.Safe("BTC/USDT")]); // no change
        _verdicts.Update([Verdicts.Unsafe("BTC/USDT", regime: Regime.Panic), Verdicts.Unsafe("BTC/USDT", Side.Short)]);
        await Eventually.TrueAsync(() => receiver.Taken.Count == 2, () => receiver.Taken.Count.ToString());

        var (first, second) = (receiver.Taken.First(), receiver.Taken.Last());
        // No earlier verdict.
        Assert.Equal(System.Text.Json.JsonValueKind.Null, first.Json.GetProperty("before").ValueKind);
        var json = second.Json;
        Assert.Equal("""["safe_to_trade","regime"]""", json.GetProperty("changed").GetRawText());
        Assert.Equal(
            ("change", "BTC/USDT", "long"),
            (json.GetProperty("event").GetString(), second.Pair, json.GetProperty("side").GetString())
        );
        Assert.Equal(
            (true, "bull"),
            (
                json.GetProperty("before").GetProperty("safe_to_trade").GetBoolean(),
                json.GetProperty("before").GetProperty("regime").GetString()
            )
        );
        Assert.Equal(
            (false, "panic"),
            (
                json.GetProperty("after").GetProperty("safe_to_trade").GetBoolean(),
                json.GetProperty("after").GetProperty("regime").GetString()
            )
        );
        Assert.Equal(json.GetProperty("id").GetString(), second.Id);
        Assert.NotEqual(first.Id, second.Id);
        Assert.All(receiver.Taken, delivery => Assert.True(IsGenuine(delivery)));
    }

    [Fact]
    public async Task Only_subscribed_changes_are_sent()
    {
        await using var receiver = await Receiver.StartAsync();
        Run(
            new(receiver.Url, Secret)
            {
                SendsRegimeChanges = false,
                Pairs = new HashSet<Pair> { Pair.Parse("ETH/USDT") },
                Side = Side.Short,
            }
        );
        _verdicts.Update([.. Verdicts.Both(safe: true, "BTC/USDT", "ETH/USDT")]);
        _verdicts.Update([
            .. Verdicts
                .Both(safe: true, "BTC/USDT", "ETH/USDT")
                .Select(verdict => verdict with { Regime = Regime.Bear }),
        ]);
        _verdicts.Update([
            .. Verdicts
                .Both(safe: false, "BTC/USDT", "ETH/USDT")
                .Select(verdict => verdict with { Regime = Regime.Bear }),
        ]);
        await Eventually.TrueAsync(() => receiver.Taken.Count == 2, () => receiver.Taken.Count.ToString());
        Assert.All(
            receiver.Taken,
            delivery =>
                Assert.Equal(("ETH/USDT", "short"), (delivery.Pair, delivery.Json.GetProperty("side").GetString()))
        );
    }

    [Fact]
    public async Task An_unavailable_receiver_gets_the_same_event_later_and_in_order_per_pair()
    {
        var isDown = true;
        await using var receiver = await Receiver.StartAsync(_ => Volatile.Read(ref isDown) ? 503 : 200);
        Run(new(receiver.Url, Secret));
        for (var i = 0; i < 6; i++)
            _verdicts.Update(i % 2 == 0 ? [Verdicts.Safe("BTC/USDT")] : [Verdicts.Unsafe("BTC/USDT")]);
        await MoveUntilAsync(() => receiver.Attempts.Count >= 3);
        Assert.Single(receiver.Attempts.Select(attempt => attempt.Id).Distinct()); // the later ones wait for the first
        // Each attempt has a new date.
        Assert.True(receiver.Attempts.Select(attempt => attempt.Signature).Distinct().Count() > 1);
        Volatile.Write(ref isDown, false);
        await MoveUntilAsync(() => receiver.Taken.Count == 6);
        Assert.Equal(
            [true, false, true, false, true, false],
            receiver.Taken.Select(delivery =>
                delivery.Json.GetProperty("after").GetProperty("safe_to_trade").GetBoolean()
            )
        );
        // One line when it stops accepting events, one when it accepts them again.
        Assert.Equal([LogLevel.Warning, LogLevel.Information], _log.Levels);
        Assert.DoesNotContain(_log.All, line => line.Contains("key=") || line.Contains(Secret));
    }

    [Fact]
    public async Task An_event_is_dropped_after_its_attempts_or_a_permanent_rejection()
    {
        await using var broken = await Receiver.StartAsync(_ => 500);
        await using var refusing = await Receiver.StartAsync(_ => 400);
        Run(new(broken.Url, Secret) { Attempts = 3 });
        Run(new(refusing.Url, Secret));
        _verdicts.Update([Verdicts.Safe("BTC/USDT")]);
        await MoveUntilAsync(() => _log.All.Count(line => line.Contains("is dropped")) == 2);
        Assert.Equal((3, 1), (broken.Attempts.Count, refusing.Attempts.Count));
    }

    [Fact]
    public async Task A_stalled_receiver_affects_no_other_and_its_queue_is_bounded()
    {
        await using var hanging = await Receiver.StartAsync(_ => 0);
        await using var well = await Receiver.StartAsync();
        Run(new(hanging.Url, Secret) { Timeout = TimeSpan.FromMinutes(10) });
        Run(new(well.Url, Secret));
        var changes = Webhook.LaneCapacity + 20;
        for (var i = 0; i < changes; i++)
        {
            _verdicts.Update(i % 2 == 0 ? [Verdicts.Safe("BTC/USDT")] : [Verdicts.Unsafe("BTC/USDT")]);
            await Eventually.TrueAsync(() => well.Taken.Count == i + 1, () => $"{well.Taken.Count} of {i + 1}");
        }
        var givenUp = _log.All.Count(line => line.Contains("the queue is full"));
        Assert.InRange(givenUp, 1, 20); // one is in progress, and the lane holds its capacity
    }

    [Fact]
    public void An_event_says_what_it_was_computed_from_and_any_changed_digit_is_noticed()
    {
        var engine = new RemoraEngine([RiskPolicy.Default], [Signal.Vix]);
        foreach (var candle in Some.Candles(3, 60))
            engine.Apply(MarketEvent.Closed(Some.Btc, candle));
        var assessment = engine.Assess(Some.Btc, 0, Some.Midnight + TimeSpan.FromHours(5.001));
        var json = WebhookEvent.Of(new(null, PairVerdict.Of(assessment)), Some.Time).Render();
        var read = WebhookEvent.Parse(json);
        Assert.Equal(json, read.Render());
        var proof = read.After.Proof!;
        Assert.Equal(
            ("binance", assessment.PolicyId, assessment.AssessedAt, assessment.Inputs),
            (proof.Exchange, proof.PolicyId, proof.AssessedAt, proof.Inputs)
        );
        Assert.Equal([Signal.Vix], proof.Signals);
        var text = System.Text.Encoding.UTF8.GetString(json);
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsAsciiDigit(text[i]))
                continue;
            var other = text[..i] + (char)('0' + ((text[i] - '0' + 1) % 10)) + text[(i + 1)..];
            Assert.Throws<FormatException>(() => WebhookEvent.Parse(System.Text.Encoding.UTF8.GetBytes(other)));
        }
        Assert.Null(WebhookEvent.Parse(WebhookEvent.Test(Some.Time).Render()).After.Proof);
    }

    [Fact]
    public async Task Receivers_in_three_languages_reject_forged_events()
    {
        var now = DateTimeOffset.FromUnixTimeSeconds(1_767_225_600);
        var body = WebhookEvent.Test(Instant.From(now)).Render();
        var genuine = WebhookSignature.Of(Secret, now, body);
        (string Header, int Seconds, byte[] Body, bool Expected)[] cases =
        [
            (genuine, 0, body, true),
            (genuine, 299, body, true),
            (genuine, 301, body, false),
            (genuine, -301, body, false),
            (genuine, 0, [.. body, (byte)' '], false),
            (genuine.Replace("v1=", "v0="), 0, body, false),
            (genuine[..^1], 0, body, false),
            ("", 0, body, false),
            ("t=x,v1=", 0, body, false),
            ("v1=00," + genuine, 0, body, true), // a second signature, as during a change of the secret
        ];
        foreach (var (header, seconds, content, expected) in cases)
            Assert.Equal(
                expected,
                WebhookCheck.IsGenuine(
                    header,
                    content,
                    Secret,
                    now + TimeSpan.FromSeconds(seconds),
                    TimeSpan.FromMinutes(5)
                )
            );

        var folder = Repository.PathOf("examples", "webhooks");
        var python = $$"""
            import base64, sys
            sys.path.insert(0, sys.argv[1]); sys.dont_write_bytecode = True
            from receive import is_genuine
            for line in sys.stdin.read().splitlines():
                header, seconds, body = line.split("|")
                print(is_genuine(header, base64.b64decode(body), "{{Secret}}", {{now.ToUnixTimeSeconds()}} + int(seconds)))
            """;
        var node = $$"""
            const { isGenuine } = await import("file://" + process.argv[1] + "/receive.mjs");
            for (const line of (await import("node:fs")).readFileSync(0, "utf8").trimEnd().split("\n")) {
              const [header, seconds, body] = line.split("|");
              console.log(isGenuine(header, Buffer.from(body, "base64"), "{{Secret}}", {{now.ToUnixTimeSeconds()}} + Number(seconds)));
            }
            """;
        var input = string.Join(
            '\n',
            cases.Select(item => $"{item.Header}|{item.Seconds}|{Convert.ToBase64String(item.Body)}")
        );
        var expectations = cases.Select(item => item.Expected ? "true" : "false").ToList();
        Assert.Equal(expectations, await RunAsync("node", ["--input-type=module", "-e", node, folder], input));
        if (await RunAsync("python3", ["-c", python, folder], input) is { } answers)
            Assert.Equal(expectations, answers);
        else
            Assert.Skip("the Python receiver: python3 is not installed");
    }

    private void Run(WebhookTarget target) =>
        _running.Add(new Webhook(target, _verdicts, _clock, _log).RunAsync(new(), _stop.Token));

    private bool IsGenuine(Receiver.Delivery delivery) =>
        WebhookCheck.IsGenuine(delivery.Signature, delivery.Body, Secret, _clock.GetUtcNow(), TimeSpan.FromMinutes(5));

    private async Task MoveUntilAsync(Func<bool> condition)
    {
        for (var i = 0; i < 3000 && !condition(); i++)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(10);
        }
        Assert.True(condition(), string.Join('\n', _log.All));
    }

    private static async Task<List<string>?> RunAsync(string program, IEnumerable<string> arguments, string input)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            using var process = Process.Start(start)!;
            await process.StandardInput.WriteAsync(input);
            process.StandardInput.Close();
            var output = await process.StandardOutput.ReadToEndAsync();
            Assert.True(output.Length > 0, await process.StandardError.ReadToEndAsync());
            await process.WaitForExitAsync();
            return
            [
                .. output
                    .Split('\n', StringSplitOptions.RemoveEmptyEntries)
                    .Select(line => line.Trim().ToLowerInvariant()),
            ];
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}
