using System.Globalization;
using Microsoft.Extensions.Logging;
using Remora.Feeds;
using Remora.Feeds.Candles;
using Remora.Markets;

namespace Remora.Server;

/// <summary>
/// Logs when an exchange revises candles, and when a price level is refused or accepted: one line
/// each.
/// </summary>
internal sealed class PriceReporter(ILogger log)
{
    private readonly Dictionary<MarketId, Reported> _markets = [];

    /// <summary>Logs what changed since the last call.</summary>
    public void Report(MarketId market, FeedHealth health)
    {
        if (!_markets.TryGetValue(market, out var reported))
            _markets[market] = reported = new();
        if (health.CandlesRevised > reported.Revised && health.LastRevision is { } last)
        {
            log.LogInformation(
                "{Market}: {Exchange} revised {Count} candles, the last one of {Time}: close {Before} is now "
                    + "{After}. The model is rebuilt and the stored candles are replaced",
                market,
                health.Exchange,
                health.CandlesRevised - reported.Revised,
                last.OpenTime,
                Text(last.Before),
                Text(last.After)
            );
        }
        reported.Revised = health.CandlesRevised;

        if (health.RefusedLevel is { } refused)
        {
            if (reported.Refused is null)
                log.LogWarning("{Market}: {Refusal}", market, refused.Describe(market));
        }
        else if (health.AcceptedLevel is { } accepted && accepted != reported.Accepted)
        {
            log.LogInformation(
                "{Market}: the price level {Close} of {Exchange} was accepted, confirmed by {By}",
                market,
                accepted.Exchange,
                Text(accepted.Close),
                accepted.By
            );
        }
        else if (reported.Refused is { } before)
        {
            log.LogInformation("{Market}: {Exchange} returns the known price level again", market, before.Exchange);
        }
        (reported.Refused, reported.Accepted) = (health.RefusedLevel, health.AcceptedLevel);
    }

    /// <summary>Forgets markets without a feed.</summary>
    public void Keep(IReadOnlyCollection<IMarketFeed> feeds)
    {
        if (_markets.Count <= feeds.Count)
            return;
        foreach (var dropped in _markets.Keys.Except(feeds.Select(feed => feed.Market)).ToList())
            _markets.Remove(dropped);
    }

    private static string Text(double price) => price.ToString(CultureInfo.InvariantCulture);

    /// <summary>The last logged values of a market.</summary>
    private sealed class Reported
    {
        public long Revised { get; set; }

        public RefusedPriceLevel? Refused { get; set; }

        public AcceptedPriceLevel? Accepted { get; set; }
    }
}
