namespace Remora.Feeds.Tests;

public sealed class BackoffTests
{
    private static readonly Backoff Waits = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60));

    [Fact]
    public void Waits_double_with_jitter_up_to_the_longest()
    {
        var random = new Random(1);
        for (var failures = 1; failures <= 200; failures++)
        {
            var full = Math.Min(Math.Pow(2, failures - 1), 60);
            Assert.InRange(Waits.After(failures, true, null, random).TotalSeconds, full / 2, full);
        }
    }

    [Fact]
    public void The_same_seed_gives_the_same_waits() =>
        Assert.Equal(Waits.After(3, true, null, new Random(5)), Waits.After(3, true, null, new Random(5)));

    [Fact]
    public void What_was_asked_for_is_kept()
    {
        Assert.InRange(Waits.After(1, true, TimeSpan.FromSeconds(120), new Random(1)).TotalSeconds, 120, 132);
        Assert.InRange(Waits.After(7, true, TimeSpan.FromSeconds(1), new Random(1)).TotalSeconds, 30, 60);
    }

    [Fact]
    public void What_will_not_go_away_is_tried_seldom() => Assert.InRange(Waits.After(1, false, null, new Random(1)).TotalSeconds, 30, 60);
}
