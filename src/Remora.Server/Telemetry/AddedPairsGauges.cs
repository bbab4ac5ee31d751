using System.Diagnostics.Metrics;
using Remora.Bots.Freqtrade;
using Remora.Server.Pairs;
using Remora.Server.Settings;

namespace Remora.Server.Telemetry;

/// <summary>
/// Gauges of the pairs that are added at run time, and of the bots that are followed.
/// </summary>
internal static class AddedPairsGauges
{
    public static void Register(
        Meter meter,
        AddedPairs added,
        IReadOnlyList<BotWhitelist> whitelists,
        LiveSettings live
    )
    {
        meter.CreateObservableGauge(
            "remora.added.pairs",
            () => added.Pairs.Count,
            null,
            "Pairs that were added at run time."
        );
        meter.CreateObservableGauge(
            "remora.added.pairs.limit",
            () => live.Current.MaxAddedPairs,
            null,
            "The limit of pairs that are added at run time (max_added_pairs)."
        );
        meter.CreateObservableGauge(
            "remora.refused.pairs",
            () => added.Refused.Count,
            null,
            "Pairs that were asked for in the last ten minutes and are not tracked."
        );
        meter.CreateObservableGauge(
            "remora.follow.up",
            () =>
                whitelists.Select(bot => new Measurement<int>(
                    bot.Health is { LastRead: not null, ConsecutiveFailures: 0 } ? 1 : 0,
                    new KeyValuePair<string, object?>("bot", bot.Health.Bot)
                )),
            null,
            "Whether the whitelist of a bot is followed: 1, or 0 while it cannot be read or its pairs not added."
        );
    }
}
