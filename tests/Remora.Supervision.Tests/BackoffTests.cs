namespace Remora.Supervision.Tests;

public sealed class BackoffTests
{
    private static readonly Backoff Backoff = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60));

    [Fact]
    public void Delays_double_up_to_the_longest()
    {
        for (var failures = 1; failures <= 200; failures++)
            Assert.Equal(Math.Min(Math.Pow(2, failures - 1), 60), Backoff.After(failures).TotalSeconds);
        Assert.Equal(TimeSpan.FromSeconds(1), Backoff.After(0));
        Assert.Equal(TimeSpan.Zero, new Backoff(TimeSpan.Zero, TimeSpan.Zero).After(3));
        Assert.Equal(TimeSpan.MaxValue, new Backoff(TimeSpan.FromDays(1_000), TimeSpan.MaxValue).After(100));
    }

    [Fact]
    public void Jitter_shortens_a_delay_to_half_at_most()
    {
        var random = new Random(1);
        for (var failures = 1; failures <= 200; failures++)
        {
            var full = Math.Min(Math.Pow(2, failures - 1), 60);
            Assert.InRange(Backoff.After(failures, random).TotalSeconds, full / 2, full);
        }
    }

    [Fact]
    public void The_same_seed_gives_the_same_delays() =>
        Assert.Equal(Backoff.After(3, new Random(5)), Backoff.After(3, new Random(5)));

    [Fact]
    public void A_requested_delay_is_respected()
    {
        Assert.InRange(Backoff.After(1, new Random(1), TimeSpan.FromSeconds(120)).TotalSeconds, 120, 132);
        Assert.InRange(Backoff.After(7, new Random(1), TimeSpan.FromSeconds(1)).TotalSeconds, 30, 60);
        Assert.Equal(120, Backoff.After(1, requested: TimeSpan.FromSeconds(120)).TotalSeconds);
    }

    [Fact]
    public void A_failure_that_a_retry_cannot_fix_is_retried_seldom() =>
        Assert.InRange(Backoff.After(1, new Random(1), isRetryable: false).TotalSeconds, 30, 60);
}
