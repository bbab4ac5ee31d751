using System.Text.Json;
using Remora.Backtest.Data;
using Remora.Backtest.History;
using Remora.Backtest.Lab;
using Remora.Markets;
using Remora.Risk;
using Remora.Testing;

namespace Remora.Backtest.Tests.Lab;

public sealed class LabBenchTests : IDisposable
{
    private static readonly MarketId Market = Some.MarketOf("BTC/USDT", "1h");
    private static readonly RiskPolicy Calmer = BuiltInPolicies.Forecast with { Name = "calmer", BlockFrom = 0.8 };
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("remora-lab-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Sealed_candles_change_nothing_that_is_shown(int seed)
    {
        var candles = Candles(days: 200, seed);
        var (shown, span) = await ShownAsync(candles, seed);
        var random = new Random(seed);
        // Other prices, other values, and holes; the last candle says where the past ends.
        Candle[] others =
        [
            .. candles
                .Where((c, i) => c.OpenTime < span.SealedFrom || i == candles.Length - 1 || random.Next(20) > 0)
                .Select(c => c.OpenTime < span.SealedFrom ? c : c.Times(0.5 + random.NextDouble())),
        ];
        var (after, _) = await ShownAsync(others, seed, span.SealedFrom);
        Assert.Equal(shown, after);
        // A candle that is not sealed does change it.
        var last = Array.FindLastIndex(candles, c => c.OpenTime < span.SealedFrom);
        candles[last - 5] = candles[last - 5].Times(0.8);
        Assert.NotEqual(shown, (await ShownAsync(candles, seed)).Json);
    }

    [Fact]
    public async Task Blocked_time_and_hours_met_are_those_of_a_direct_computation()
    {
        var past = new Past(Candles(days: 150, seed: 4));
        using var bench = Bench(past);
        var trial = await bench.TryAsync(Market, Calmer, None);
        var span = trial.Span;
        Candle[] candles = [.. past.All.Where(c => c.OpenTime < span.SealedFrom)];
        var history = HistoryBuilder.Build(
            new(Market, candles, []) { Calendar = ReplayCalendar.Shipped },
            new() { Policies = [BuiltInPolicies.Forecast, Calmer] }
        );
        int[] within =
        [
            .. Enumerable
                .Range(0, candles.Length)
                .Where(i => candles[i].OpenTime + Market.Timeframe.Length >= span.From),
        ];
        // The deepest fall to a low of the next 4 candles of an hour.
        var falls = within
            .Where(i => i + 4 < candles.Length)
            .ToDictionary(i => i, i => 1 - (candles[(i + 1)..(i + 5)].Min(c => c.Low) / candles[i].Close));
        var worst = falls.OrderByDescending(f => f.Value).Take(falls.Count / 20).Select(f => f.Key).ToList();
        var (tried, today) = (trial.Comparison.Tried, trial.Comparison.Today);
        foreach (var (figures, verdicts) in new[] { (tried, history.Policies[1]), (today, history.Policies[0]) })
        {
            Assert.Equal(within.Count(i => verdicts.Blocked[i]) / (double)within.Length, figures.TimeBlocked, 12);
            Assert.Equal(worst.Count(i => verdicts.Blocked[i]) / (double)worst.Count, figures.WorstMet, 12);
            Assert.Equal(
                figures.WorstMet / (falls.Keys.Count(i => verdicts.Blocked[i]) / (double)falls.Count),
                figures.Lift,
                12
            );
            Assert.InRange(figures.WorstMet, figures.WorstMetInterval.Low, figures.WorstMetInterval.High);
        }
        Assert.True(tried.TimeBlocked > today.TimeBlocked);
        // Today's policy blocks as much as the tried one, and so does the simple rival.
        Assert.Equal(tried.TimeBlocked, trial.Comparison.TodayAtEqualTime.TimeBlocked);
        Assert.Equal(tried.TimeBlocked, trial.Comparison.Simple.TimeBlocked);
        // Two thresholds of one score block the same at equal time, but for equal scores.
        Assert.Equal(0, trial.Comparison.Advantage.WorstMet, 0.03);
    }

    [Fact]
    public async Task Todays_policy_equals_itself_and_is_not_counted()
    {
        using var bench = Bench(new Past(Candles(days: 120, seed: 5)));
        var trial = await bench.TryAsync(Market, BuiltInPolicies.Forecast with { Name = "renamed" }, None);
        Assert.True(trial.IsToday);
        Assert.Equal(0, trial.Luck.Tried);
        Assert.Equal(0, trial.Comparison.Advantage.WorstMet);
        Assert.Equal(trial.Comparison.Today.WorstMet, trial.Comparison.TodayAtEqualTime.WorstMet);
    }

    [Fact]
    public async Task Tries_are_counted_once_each_and_survive_a_new_bench()
    {
        var past = new Past(Candles(days: 120, seed: 6));
        using (var bench = Bench(past))
        {
            Assert.Equal(1, (await bench.TryAsync(Market, Calmer, None)).Luck.Tried);
            Assert.Equal(2, (await bench.TryAsync(Market, Calmer with { BlockFrom = 0.7 }, None)).Luck.Tried);
            Assert.Equal(2, (await bench.TryAsync(Market, Calmer with { Name = "same-rules" }, None)).Luck.Tried);
        }
        using var again = Bench(past);
        var third = await again.TryAsync(Market, Calmer with { BlockFrom = 0.6 }, None);
        Assert.Equal(3, third.Luck.Tried);
        Assert.StartsWith("3 policies were tried on these months", third.Odds, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sealed_months_are_shown_once_and_a_saved_file_is_a_policy_with_its_count()
    {
        var candles = Candles(days: 400, seed: 7);
        var past = new Past(candles);
        using var bench = Bench(past);
        await bench.TryAsync(Market, Calmer with { BlockFrom = 0.7 }, None);
        var saved = await bench.SaveAsync(Market, Calmer, None);
        Assert.NotNull(saved.Sealed);
        Assert.Equal((saved.Trial.Span.SealedFrom, saved.Trial.Span.Until), (saved.Sealed.From, saved.Sealed.Until));
        Assert.Equal("calmer.json", saved.FileName);
        var policy = PolicyFile.Parse(System.Text.Encoding.UTF8.GetBytes(saved.File));
        Assert.Equal(Calmer, policy); // the id is that of the rules
        Assert.StartsWith("From the lab: 2 policies tried on binance BTC/USDT 1h, ", policy.Description);

        var second = await bench.SaveAsync(Market, Calmer with { Name = "other", BlockFrom = 0.75 }, None);
        Assert.Null(second.Sealed);
        Assert.Contains("were shown when calmer was saved", second.SealedSummary);
        Assert.Contains("From the lab: 3 policies tried", second.File);

        // Newer months are sealed again.
        past.All = [.. candles, .. Candles(days: 460, seed: 8).Where(c => c.OpenTime > candles[^1].OpenTime)];
        var third = await bench.SaveAsync(Market, Calmer, None);
        Assert.Equal(saved.Sealed.Until, third.Sealed!.From);
    }

    [Fact]
    public async Task What_is_missing_is_said()
    {
        using var bench = Bench(new Past(Candles(days: 120, seed: 9)));
        var trial = await bench.TryAsync(Market, Calmer, None);
        Assert.False(trial.Span.IsWhole);
        Assert.Contains(trial.Notes, note => note.StartsWith("There is less than two years", StringComparison.Ordinal));
        Assert.Contains(trial.Notes, note => note.Contains("no outside values"));
        Assert.Contains(trial.Notes, note => note.Contains("candles of 5m"));
        using var few = Bench(new Past(Candles(days: 80, seed: 9)));
        var error = await Assert.ThrowsAsync<BacktestException>(() => few.TryAsync(Market, Calmer, None));
        Assert.Contains("needs 90 days of candles of binance BTC/USDT 1h", error.Message);
        var name = await Assert.ThrowsAsync<PolicyException>(() =>
            bench.SaveAsync(Market, Calmer with { Name = "remora-1" }, None)
        );
        Assert.Contains("'remora-1' is taken", name.Message);
    }

    [Fact]
    public async Task A_broken_count_is_named_and_not_overwritten()
    {
        var path = Path.Combine(_folder.FullName, "lab.json");
        await File.WriteAllTextAsync(path, "[]");
        using var bench = Bench(new Past(Candles(days: 120, seed: 10)));
        var error = await Assert.ThrowsAsync<BacktestException>(() => bench.TryAsync(Market, Calmer, None));
        Assert.Contains(path, error.Message);
        Assert.Equal("[]", await File.ReadAllTextAsync(path));
    }

    [Fact]
    public async Task Only_a_few_computations_wait()
    {
        var past = new Past(Candles(days: 120, seed: 11)) { Opened = new() };
        using var bench = Bench(past);
        var waiting = Enumerable.Range(0, 5).Select(_ => bench.TryAsync(Market, Calmer, None)).ToList();
        await Assert.ThrowsAsync<LabBusyException>(() => bench.TryAsync(Market, Calmer, None));
        past.Opened.SetResult();
        Assert.All(await Task.WhenAll(waiting), trial => Assert.Equal(1, trial.Luck.Tried));
    }

    [Fact]
    public async Task Tails_of_the_sample_strategies_are_of_sized_entries()
    {
        var market = Some.Btc;
        var candles = Some.Candles(12, 95 * 288);
        using var bench = Bench(new Past(candles));
        var policy = BuiltInPolicies.Forecast with
        {
            Name = "small",
            TargetVolatility = TargetVolatility.Of(1e-6),
            BlockFrom = 2,
            Decision = new() { BlockingFlags = [] },
        };
        var trial = await bench.TryAsync(market, policy, None);
        Assert.Equal(0, trial.Comparison.Tried.TimeBlocked);
        Assert.Contains("blocks nothing", trial.Summary);
        Assert.Equal(
            ["RSIEMA", "NFIQuickstart", "MACDCross", "BollingerBreakout"],
            trial.Comparison.Tried.Tails.Select(tail => tail.Strategy)
        );
        foreach (var (small, today) in trial.Comparison.Tried.Tails.Zip(trial.Comparison.TodayAtEqualTime.Tails))
        {
            Assert.InRange(small.MeanSize, 0, 0.001);
            Assert.InRange(today.MeanSize, 0.3, 1);
            Assert.InRange(small.TailPct, today.TailPct, 0);
            Assert.Equal(small.TailPct - small.ConstantPct, small.GainPct, 9);
            Assert.InRange(today.GainPct, today.Gain.Low, today.Gain.High);
        }
    }

    private static Candle[] Candles(int days, int seed) => Some.Candles(seed, 24 * days, Timeframe.OneHour);

    private LabBench Bench(ILabPast past, string ledger = "lab.json") =>
        new(past, new(Path.Combine(_folder.FullName, ledger)), new());

    private async Task<(string Json, LabSpan Span)> ShownAsync(Candle[] candles, int seed, Instant? seal = null)
    {
        var ledger = $"{Guid.NewGuid()}.json";
        // Daily values of fear; other ones within the sealed months.
        var random = new Random(seed);
        var past = new Past(candles);
        for (var time = candles[0].OpenTime; time < candles[^1].OpenTime; time += TimeSpan.FromDays(1))
            past.Observations.Add(
                Some.Observation(
                    Signal.FearGreed,
                    time < (seal ?? time + TimeSpan.FromDays(1)) ? random.Next(100) : 1,
                    time
                )
            );
        using var bench = Bench(past, ledger);
        var first = await bench.TryAsync(Market, Calmer, None);
        var second = await bench.TryAsync(Market, RiskPolicy.Default with { Name = "sum" }, None);
        return (JsonSerializer.Serialize<LabTrial[]>([first, second], ReflectedJson.Options), first.Span);
    }

    private sealed class Past(Candle[] candles) : ILabPast
    {
        public Candle[] All { get; set; } = candles;

        public List<Observation> Observations { get; } = [];

        public TaskCompletionSource? Opened { get; init; }

        public async Task<(Instant First, Instant End)?> ReachAsync(MarketId market, CancellationToken cancellation)
        {
            if (Opened is { } opened)
                await opened.Task;
            return (All[0].OpenTime, All[^1].OpenTime + market.Timeframe.Length);
        }

        public Task<IReadOnlyList<Candle>> CandlesAsync(
            MarketId market,
            Instant from,
            Instant until,
            CancellationToken cancellation
        ) => Task.FromResult<IReadOnlyList<Candle>>([.. All.Where(c => c.OpenTime >= from && c.OpenTime < until)]);

        public Task<IReadOnlyList<Observation>> ObservationsAsync(
            MarketId market,
            Instant from,
            Instant until,
            CancellationToken cancellation
        ) =>
            Task.FromResult<IReadOnlyList<Observation>>([
                .. Observations.Where(o => o.KnowableAt >= from && o.KnowableAt < until),
            ]);
    }
}
