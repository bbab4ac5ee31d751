using FsCheck;
using FsCheck.Fluent;
using Remora.Feeds;
using Remora.Markets;
using Remora.Notify;
using Remora.Risk;
using Remora.Server.Notify;
using Remora.Testing;

namespace Remora.Server.Tests.Notify;

public sealed class TroubleWatchTests
{
    private readonly ManualClock _clock = new(Some.Time.ToDateTimeOffset());
    private readonly FakeFeed _feed = new(Some.Btc);
    private readonly FakeSource _source = new("liquidations", Signal.Liquidations);
    private readonly List<Notice> _notices = [];
    private readonly List<ServiceAlarm> _alarms = [];
    private readonly List<NotifierHealth> _notifiers = [];
    private readonly TroubleWatch _watch;
    private bool _hasAnswer = true;

    public TroubleWatchTests() =>
        _watch = new(
            new()
            {
                Markets = [_feed],
                Sources = [_source],
                Alarms = [() => _alarms],
            },
            () => _hasAnswer,
            () => _notifiers,
            _notices.Add,
            new("http://remora/#/sources"),
            _clock
        );

    [Fact]
    public void A_feed_that_fails_for_long_is_sent_once_and_once_more_when_it_works()
    {
        Look(FeedState.Unreachable, minutes: 4);
        Assert.Empty(_notices);
        Assert.True(_watch.IsWell);
        Look(FeedState.Unreachable, minutes: 60);
        Assert.Equal(
            "The feed binance BTC/USDT 5m is unreachable: network, the connection was reset.",
            Assert.Single(_notices).Text
        );
        Assert.Equal([_notices[0].Text], _watch.Current);
        Assert.False(_watch.IsWell);
        for (var i = 0; i < 5; i++) // it comes and goes
        {
            Look(FeedState.Live, minutes: 0.5);
            Look(FeedState.Unreachable, minutes: 0.5);
        }
        Assert.Single(_notices);
        Look(FeedState.Live, minutes: 2);
        Assert.Equal([NoticeKind.Trouble, NoticeKind.Recovery], _notices.Select(notice => notice.Kind));
        Assert.True(_watch.IsWell);
    }

    [Fact]
    public void A_source_may_fail_longer()
    {
        _source.Health = _source.Health with { State = FeedState.Unreachable };
        Look(FeedState.Live, minutes: 29);
        Assert.Empty(_notices);
        Look(FeedState.Live, minutes: 2);
        Assert.Equal("The source liquidations is unreachable: no fresh data.", Assert.Single(_notices).Text);
    }

    [Fact]
    public void Alarms_of_other_parts_are_sent_at_once()
    {
        _alarms.Add(new("backup", "The last backup is 3 days old."));
        _watch.Look();
        Assert.Equal(("backup", "The last backup is 3 days old."), (_notices[0].Subject, _notices[0].Text));
        Assert.False(_watch.IsWell);
        _alarms.Clear();
        Look(FeedState.Live, minutes: 2);
        Assert.Equal("The trouble with backup is over.", _notices[1].Text);
    }

    [Fact]
    public void A_notifier_that_is_refused_stops_the_heartbeat()
    {
        _notifiers.Add(new("telegram", NotifierState.Refused, 0, 0, 1, 0, 1, "HTTP 404, Not Found", null, null));
        Look(FeedState.Live, minutes: 6);
        Assert.Equal(
            "The notifier telegram does not deliver messages: HTTP 404, Not Found.",
            Assert.Single(_watch.Current)
        );
        Assert.False(_watch.IsWell);
    }

    [Fact]
    public void Without_an_answer_all_is_not_well()
    {
        _hasAnswer = false;
        Assert.False(_watch.IsWell);
    }

    [Fact]
    public void Few_blocks_say_nothing_about_the_next_one()
    {
        var hours = Enumerable.Range(1, UsualLength.Least).Select(i => TimeSpan.FromHours(i)).ToList();
        Assert.Null(UsualLength.Of(hours.Skip(1)));
        Assert.Equal(
            "Such blocks usually last 4.5 hours (half of the last 8 lasted 2.8 hours to 6.3 hours).",
            UsualLength.Of(hours)!.ToString()
        );
    }

    [Fact]
    public void Half_of_the_blocks_lie_between_the_quartiles_in_any_order() =>
        Prop.ForAll(
                ArbMap.Default.ArbFor<ushort[]>(),
                drawn =>
                {
                    TimeSpan[] lengths = [.. drawn.Select(minutes => TimeSpan.FromMinutes(minutes))];
                    if (UsualLength.Of(lengths) is not { } usual)
                        return lengths.Length < UsualLength.Least;
                    var within = lengths.Count(length => length >= usual.Low && length <= usual.High);
                    return usual.Low <= usual.Median
                        && usual.Median <= usual.High
                        && within >= (lengths.Length / 2) - 1
                        && usual == UsualLength.Of(lengths.Reverse());
                }
            )
            .QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(
        "Entries are blocked: extreme fear, 5 of 100.",
        "Short entries in BTC/USDT are blocked: extreme fear, 5 of 100."
    )]
    [InlineData("No candle has been received.", "Short entries in BTC/USDT are blocked: No candle has been received.")]
    public void The_reason_is_one_sentence(string reason, string text) =>
        Assert.Equal(
            text,
            BlockText.Blocked(new(Some.Btc.Pair, Side.Short, false, null, double.NaN, ["x"], reason, Some.Time))
        );

    private void Look(FeedState state, double minutes)
    {
        var error = new FeedError("network", "the connection was reset.", Some.Time);
        _feed.Health = _feed.Health with { State = state, LastError = state == FeedState.Live ? null : error };
        for (var i = 0; i < minutes * 12; i++)
        {
            _watch.Look();
            _clock.Advance(TimeSpan.FromSeconds(5));
        }
        _watch.Look();
    }
}
