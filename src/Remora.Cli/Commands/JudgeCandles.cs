using System.CommandLine;
using Remora.Backtest;
using Remora.Backtest.Judgement;
using Remora.Markets;
using Remora.Store;
using Remora.Store.Tables;

namespace Remora.Cli.Commands;

/// <summary>
/// Where the candles of trades come from that no files are given for: the store, the exchange at
/// which the pair was traded, or both.
/// </summary>
internal sealed class JudgeCandles
{
    private const int MostMarkets = 100;
    private readonly StoreOptionSet _place = new();

    private readonly Option<string?> _fetch = new("--fetch")
    {
        Description =
            "Fetch the candles from the exchange at which each pair was traded into this folder, or those that the "
            + "store lacks if --data or --clickhouse is given. Later commands use the folder again",
        HelpName = "FOLDER",
    };

    private readonly Option<string> _exchange = Options.Exchange();

    private readonly Option<Timeframe?> _timeframe = new("--timeframe")
    {
        Description = "Timeframe of the candles in the store or to fetch",
        DefaultValueFactory = _ => Timeframe.FiveMinutes,
        CustomParser = Options.Timeframe().CustomParser,
    };

    private readonly Option<Uri?> _sandbox = Options.Address(
        "--sandbox",
        "Address of a sandbox to fetch from instead of the real exchange"
    );

    public void AddTo(Command command, Option candles)
    {
        Option[] own = [_fetch, _exchange, _timeframe, _sandbox];
        foreach (var option in own)
            command.Options.Add(option);
        _exchange.Description = "CCXT id of the exchange of trades that do not state theirs";
        _place.AddTo(command);
        command.Validators.Add(result =>
        {
            if (result.GetResult(candles) is null)
                return;
            if (own.Concat(_place.All).FirstOrDefault(o => result.GetResult(o) is { Implicit: false }) is { } given)
                result.AddError($"use either --candles or {given.Name}, not both");
        });
    }

    /// <summary>Adds the candles of all traded pairs, and runs the job with them.</summary>
    public Task<int> WithCandlesAsync(
        JudgeOptions options,
        ParseResult parsed,
        Func<JudgeOptions, int> job,
        CancellationToken cancellation
    )
    {
        var wanted = Wanted(options, parsed);
        var isStored = _place.All.Any(option => parsed.GetResult(option) is { Implicit: false });
        if (parsed.GetValue(_fetch) is not null && !isStored)
            return FetchAndRunAsync(null);
        return _place.OnExistingStoreAsync(parsed, (store, _) => FetchAndRunAsync(store), cancellation);

        async Task<int> FetchAndRunAsync(MarketStore? store)
        {
            var markets = new List<JudgeMarket>();
            var missing = new List<MarketSpan>();
            var observations = options.Observations;
            foreach (var one in wanted)
            {
                var candles = store is null
                    ? []
                    : await store.Candles.Of(one.Market, new Span(one.From, one.Until)).ListAsync(cancellation);
                var isWhole = candles.Count > 0 && candles[0].OpenTime <= one.Needed;
                if (!isWhole && parsed.GetValue(_fetch) is not null)
                    missing.Add(one);
                else if (candles.Count > 0)
                    markets.Add(
                        new(one.Market.Pair, one.Market.ToString(), one.Market.Exchange, one.Market.Timeframe)
                        {
                            Read = () => new(one.Market.Timeframe, candles, 0),
                        }
                    );
            }
            if (store is not null && observations.Count == 0 && wanted.Count > 0)
                observations = await store.Observations.KnownWithinAsync(
                    new(wanted.Min(one => one.From) - RequiredHistory.Observations, wanted.Max(one => one.Until)),
                    cancellation
                );
            foreach (
                var (market, file) in await CandleFetch.RunAsync(
                    [.. missing.Select(one => (one.Market, one.From, one.Until))],
                    parsed.GetValue(_fetch) ?? "",
                    parsed.GetValue(_sandbox),
                    cancellation
                )
            )
                markets.Add(new(market.Pair, file, market.Exchange, market.Timeframe));
            if (markets.Count == 0 && wanted.Count > 0)
                throw new BacktestException(
                    $"no candles of {string.Join(", ", wanted.Select(one => one.Market))} "
                        + $"{(store is null ? "could be fetched" : "are in the store")}: name files with --candles, "
                        + "another store with --data, or a folder to fetch them into with --fetch"
                );
            return job(options with { Markets = markets, Observations = observations });
        }
    }

    private List<MarketSpan> Wanted(JudgeOptions options, ParseResult parsed)
    {
        var timeframe = parsed.GetValue(_timeframe)!;
        var wanted = new List<MarketSpan>();
        foreach (
            var same in options
                .Runs.SelectMany(run => run.Trades)
                .Where(trade => trade.Pair is not null)
                .GroupBy(trade => (Exchange: trade.Exchange ?? parsed.GetValue(_exchange)!, trade.Pair))
        )
        {
            if (!Pair.TryParse(same.Key.Pair, out var pair))
                continue; // counted as not covered
            var first = same.Min(trade => trade.OpenTime);
            wanted.Add(
                new(
                    new(same.Key.Exchange, pair, timeframe),
                    // The daily averages need this much.
                    first - RequiredHistory.Daily,
                    first - RequiredHistory.Base,
                    same.Max(trade => trade.CloseTime) + timeframe.Length
                )
            );
        }
        if (wanted.Count > MostMarkets)
            throw new BacktestException($"the trades are of {wanted.Count} markets; expected at most {MostMarkets}");
        return wanted;
    }

    /// <summary>The candles that the trades of a market need.</summary>
    /// <param name="Market">The market.</param>
    /// <param name="From">The first candle that has an effect.</param>
    /// <param name="Needed">The first candle without which trades are not judged.</param>
    /// <param name="Until">The end, exclusive.</param>
    private sealed record MarketSpan(MarketId Market, Instant From, Instant Needed, Instant Until);
}
