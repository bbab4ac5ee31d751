using Microsoft.Extensions.Logging;
using Remora.Bots.Freqtrade;
using Remora.Risk;
using Remora.Testing;

namespace Remora.Bots.Tests;

public sealed class FreqtradeLocksTests : IAsyncLifetime
{
    private readonly ManualClock _clock = new(Some.Time.ToDateTimeOffset());
    private readonly VerdictBoard _verdicts = new();
    private readonly LogLines _log = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _running = [];
    private FreqtradeStandIn _bot = null!;

    public async ValueTask InitializeAsync() => _bot = await FreqtradeStandIn.StartAsync(_clock);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_running);
        await _bot.DisposeAsync();
        _stop.Dispose();
    }

    [Fact]
    public async Task Locks_follow_the_verdicts_of_each_side()
    {
        Run();
        _verdicts.Update([.. Verdicts.Both(safe: true, "BTC/USDT", "ETH/USDT")]);
        await CheckedAsync();
        Assert.Empty(_bot.Active);

        _verdicts.Update([.. Verdicts.Both(safe: false, "BTC/USDT"), .. Verdicts.Both(safe: true, "ETH/USDT")]);
        await ActiveAsync("BTC/USDT *");
        Assert.Equal("remora: risk_score. Risk is extreme at 0.90.", Assert.Single(_bot.Entries).Reason);

        _verdicts.Update([
            Verdicts.Unsafe("BTC/USDT"),
            Verdicts.Safe("BTC/USDT", Side.Short),
            Verdicts.Safe("ETH/USDT"),
            Verdicts.Unsafe("ETH/USDT", Side.Short),
        ]);
        await ActiveAsync("BTC/USDT long", "ETH/USDT short");

        _verdicts.Update([.. Verdicts.Both(safe: true, "BTC/USDT", "ETH/USDT")]);
        await ActiveAsync();
    }

    [Fact]
    public async Task Locks_of_others_are_kept()
    {
        _bot.LockByHand("BTC/USDT", "*", "CooldownPeriod", TimeSpan.FromHours(1));
        _bot.LockByHand("ETH/USDT", "long", null, TimeSpan.FromHours(1));
        Run();
        _verdicts.Update([.. Verdicts.Both(safe: false, "BTC/USDT")]);
        await ActiveAsync("BTC/USDT *", "BTC/USDT *", "ETH/USDT long");
        _verdicts.Update([.. Verdicts.Both(safe: true, "BTC/USDT")]);
        await ActiveAsync("BTC/USDT *", "ETH/USDT long");
        Assert.DoesNotContain(
            _bot.Entries,
            entry => entry.Reason?.StartsWith("remora:", StringComparison.Ordinal) == true
        );
    }

    [Fact]
    public async Task A_lock_is_renewed_without_a_gap_and_otherwise_expires()
    {
        Run();
        _verdicts.Update([.. Verdicts.Both(safe: false, "BTC/USDT")]);
        await ActiveAsync("BTC/USDT *");
        var placed = Assert.Single(_bot.Entries).Until;
        for (var i = 0; i < 30; i++) // ten minutes, more than three times the duration of a lock
        {
            await AdvanceAsync(TimeSpan.FromSeconds(20));
            Assert.Contains("BTC/USDT *", _bot.Active);
        }
        await ActiveAsync("BTC/USDT *"); // one, because the renewed lock is deleted
        Assert.True(_bot.Entries[0].Until > placed + TimeSpan.FromMinutes(8));
        Assert.InRange(_bot.Calls.Count(call => call == "POST /api/v1/locks"), 3, 10);
        Assert.Single(_log.All, line => line.Contains("is locked"));

        await _stop.CancelAsync();
        await Task.WhenAll(_running);
        Assert.Equal(["BTC/USDT *"], _bot.Active);
        _clock.Advance(TimeSpan.FromMinutes(4)); // three minutes, and the rest of a candle
        Assert.Empty(_bot.Active);
    }

    [Fact]
    public async Task While_the_source_is_unavailable_locks_are_not_changed()
    {
        Run();
        _verdicts.Update([.. Verdicts.Both(safe: false, "BTC/USDT")]);
        await ActiveAsync("BTC/USDT *");
        _verdicts.MarkUnavailable();
        var calls = _bot.Calls.Count;
        for (var i = 0; i < 5; i++)
            _clock.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal(["BTC/USDT *"], _bot.Active);
        _clock.Advance(TimeSpan.FromMinutes(3));
        Assert.Empty(_bot.Active);
        Assert.InRange(_bot.Calls.Count, calls, calls + 4); // at most the check that was in progress
        _verdicts.Update([.. Verdicts.Both(safe: false, "BTC/USDT")]);
        await ActiveAsync("BTC/USDT *");
    }

    [Fact]
    public async Task A_restarted_bot_gets_missing_locks_again()
    {
        Run();
        _verdicts.Update([.. Verdicts.Both(safe: false, "BTC/USDT")]);
        await ActiveAsync("BTC/USDT *");
        _bot.ForgetLocks();
        await AdvanceAsync(TimeSpan.FromSeconds(20));
        await ActiveAsync("BTC/USDT *");

        var kept = _bot.Entries[0];
        Run(); // another service, at the same time or later: it treats the lock as its own
        await AdvanceAsync(TimeSpan.FromSeconds(20));
        await AdvanceAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(kept, Assert.Single(_bot.Entries));
    }

    [Fact]
    public async Task Expired_tokens_are_refreshed_or_replaced()
    {
        Run();
        _verdicts.Update([.. Verdicts.Both(safe: true, "BTC/USDT")]);
        await CheckedAsync();
        foreach (var (alsoRefresh, logins) in new[] { (false, 1), (true, 2) })
        {
            _bot.ExpireTokens(alsoRefresh);
            _verdicts.Update([.. Verdicts.Both(safe: alsoRefresh, "BTC/USDT")]);
            await ActiveAsync(alsoRefresh ? [] : ["BTC/USDT *"]);
            Assert.Equal(logins, _bot.Calls.Count(call => call.EndsWith("/token/login", StringComparison.Ordinal)));
        }
        Assert.DoesNotContain(_log.All, line => line.Contains("cannot"));
    }

    [Theory]
    [InlineData("hangup", "cannot be reached")]
    [InlineData("500", "returned 500")]
    [InlineData("html", "unexpected")]
    [InlineData("old", "405")]
    [InlineData("hang", "did not respond within 0.3 s")]
    public async Task An_outage_is_logged_once_and_locks_recover(string mode, string expected)
    {
        _bot.Mode = mode;
        Run(timeout: TimeSpan.FromSeconds(0.3));
        _verdicts.Update([.. Verdicts.Both(safe: false, "BTC/USDT")]);
        await Eventually.TrueAsync(() => _log.All.Count > 0, () => "no log line");
        Assert.Contains(expected, Assert.Single(_log.All));
        for (var i = 0; i < 3; i++)
        {
            var calls = _bot.Calls.Count;
            await MoveUntilAsync(() => _bot.Calls.Count > calls);
        }
        _bot.Mode = "well";
        await MoveUntilAsync(() => _bot.Active is ["BTC/USDT *"]);
        await Eventually.TrueAsync(() => _log.All.Count == 3, () => string.Join('\n', _log.All));
        Assert.Contains("maintained again", _log.All[2]);
        Assert.Equal(LogLevel.Information, _log.Levels[2]);
    }

    [Fact]
    public async Task A_wrong_password_is_logged_without_its_value()
    {
        Run(password: "wr0ng");
        _verdicts.Update([.. Verdicts.Both(safe: false, "BTC/USDT")]);
        await Eventually.TrueAsync(() => _log.All.Count > 0, () => "no log line");
        Assert.Contains("refuses the user 'Freqtrader'", Assert.Single(_log.All));
        Assert.DoesNotContain(_log.All, line => line.Contains("wr0ng"));
        Assert.DoesNotContain("wr0ng", new FreqtradeBot(_bot.Url, "u", "wr0ng").ToString());
    }

    [Fact]
    public async Task A_stalled_bot_delays_no_other()
    {
        await using var other = await FreqtradeStandIn.StartAsync(_clock);
        _bot.Mode = "hang";
        var bots = new[] { _bot, other }.Select(bot => new FreqtradeBot(
            bot.Url,
            FreqtradeStandIn.User,
            FreqtradeStandIn.Password
        )
        {
            Timeout = TimeSpan.FromMinutes(10),
        });
        _running.Add(new Notifiers(bots, [], _verdicts, _clock, _log).RunAsync(new(), _stop.Token));
        _verdicts.Update([.. Verdicts.Both(safe: false, "BTC/USDT")]);
        await Eventually.TrueAsync(
            () => other.Active is ["BTC/USDT *"] && !_bot.Calls.IsEmpty,
            () => string.Join(", ", other.Active)
        );
        _verdicts.Update([.. Verdicts.Both(safe: true, "BTC/USDT")]);
        await Eventually.TrueAsync(() => other.Active.Count == 0, () => string.Join(", ", other.Active));
        Assert.Single(_bot.Calls);
    }

    [Fact]
    public async Task Futures_use_their_own_verdict_or_that_of_the_spot_market()
    {
        _bot.Whitelist = ["BTC/USDT:USDT", "ETH/USDT:USDT", "DOGE/USDT:USDT"];
        Run();
        _verdicts.Update([
            .. Verdicts.Both(safe: false, "BTC/USDT", "ETH/USDT"),
            .. Verdicts.Both(safe: true, "ETH/USDT:USDT"),
        ]);
        await ActiveAsync("BTC/USDT:USDT *");
    }

    private void Run(TimeSpan? timeout = null, string password = FreqtradeStandIn.Password) =>
        _running.Add(
            new FreqtradeLocks(
                new(_bot.Url, FreqtradeStandIn.User, password) { Timeout = timeout ?? TimeSpan.FromSeconds(30) },
                _verdicts,
                _clock,
                _log
            ).RunAsync(_stop.Token)
        );

    private Task ActiveAsync(params string[] expected) =>
        Eventually.TrueAsync(
            () => _bot.Active.Order().SequenceEqual(expected),
            () => $"expected {string.Join(", ", expected)}, found {string.Join(", ", _bot.Active)}"
        );

    /// <summary>Waits until the bot has been checked.</summary>
    private Task CheckedAsync()
    {
        var before = Looks;
        return Eventually.TrueAsync(() => Looks > before, () => "it is not looked at");
    }

    /// <summary>Moves the clock and waits for the check that becomes due.</summary>
    private async Task AdvanceAsync(TimeSpan by)
    {
        var looks = Looks;
        _clock.Advance(by);
        // The timer may have been set just after the clock moved, so its full time may still have
        // to pass.
        await MoveUntilAsync(() => Looks > looks, TimeSpan.FromMilliseconds(100));
    }

    private async Task MoveUntilAsync(Func<bool> condition, TimeSpan? step = null)
    {
        for (var i = 0; i < 3000 && !condition(); i++)
        {
            _clock.Advance(step ?? TimeSpan.FromSeconds(1));
            await Task.Delay(10);
        }
        Assert.True(condition(), string.Join('\n', _log.All));
    }

    private int Looks => _bot.Calls.Count(call => call == "GET /api/v1/locks");
}
