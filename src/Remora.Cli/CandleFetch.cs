using Remora.Cli.Render;
using Remora.Csv;
using Remora.Feeds.Exchanges;
using Remora.Feeds.History;
using Remora.Feeds.Http;
using Remora.Markets;

namespace Remora.Cli;

/// <summary>Fetches candles of several exchanges into a folder.</summary>
internal static class CandleFetch
{
    /// <summary>
    /// Fetches the candles of each market that are not in the folder yet. A failure is printed, and
    /// its market left out if no candles are in the folder.
    /// </summary>
    /// <param name="wanted">The markets, each with the first time and the end, exclusive.</param>
    /// <param name="folder">The folder, with a folder in it for each exchange.</param>
    /// <param name="sandbox">A sandbox to fetch from; null for the real exchanges.</param>
    /// <param name="cancellation">Cancels the requests.</param>
    /// <returns>The file of each market.</returns>
    public static async Task<IReadOnlyList<(MarketId Market, string File)>> RunAsync(
        IReadOnlyList<(MarketId Market, Instant From, Instant Until)> wanted,
        string folder,
        Uri? sandbox,
        CancellationToken cancellation
    )
    {
        var files = new List<(MarketId, string)>();
        if (wanted.Count == 0)
            return files;
        var clock = sandbox is null
            ? TimeProvider.System
            : (await RemoteSandbox.ConnectAsync(sandbox, cancellation)).Clock;
        await using var bridge = CcxtBridge.Start(new() { BaseUrl = sandbox }, clock);
        using var http = OutsideHttp.NewClient();
        foreach (var (market, from, until) in wanted)
        {
            var options = new HistoryFetchOptions
            {
                Folder = Path.Combine(folder, market.Exchange),
                Exchange = market.Exchange,
                Pairs = [market.Pair],
                Timeframes = [market.Timeframe],
                From = from,
                Until = until,
                Outside = false,
                BaseUrl = sandbox,
            };
            var report = await HistoryProgressView.ShowAsync(progress =>
                new HistoryFetch(options, bridge, http, clock, progress).RunAsync(cancellation)
            );
            foreach (var failed in report.Failures)
                Console.Error.WriteLine($"remora: {market}: {failed.Error}: {failed.Problem}");
            var file = Path.Combine(options.Folder, HistoryLayout.Candles(market.Pair, market.Timeframe));
            if (File.Exists(file))
                files.Add((market, file));
        }
        return files;
    }
}
