using System.Diagnostics;

namespace Remora.Feeds.Tests;

/// <summary>Waits for a condition.</summary>
internal static class Eventually
{
    public static async Task True(Func<bool> condition, string what, double seconds = 60)
    {
        var started = Stopwatch.GetTimestamp();
        while (!condition())
        {
            if (Stopwatch.GetElapsedTime(started).TotalSeconds > seconds)
                Assert.Fail($"not within {seconds} s: {what}");
            await Task.Delay(5);
        }
    }
}
