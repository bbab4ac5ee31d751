using System.CommandLine;
using System.Text.Json;
using Remora.Backtest;
using Remora.Backtest.Data;
using Remora.Backtest.Proofs;
using Remora.Bots.Webhooks;
using Remora.Feeds.History;
using Remora.Markets;
using Remora.Risk;
using Remora.Store;
using Remora.Store.Tables;

namespace Remora.Cli.Commands;

/// <summary>
/// <c>remora prove</c>: computes past answers again from what is stored, and says whether they are
/// equal.
/// </summary>
internal sealed class ProveCommand
{
    private const int MostBytes = 64 << 20;
    private const int MostPrinted = 20;

    private readonly Argument<string?> _file = new("ANSWER")
    {
        Description =
            "File with an answer of /api/v1/risk?pair=, of /api/v1/assessment, or of /api/v1/risk/batch, or with an "
            + "event of a webhook",
        Arity = ArgumentArity.ZeroOrOne,
    };
    private readonly Option<Pair> _pair = Options.Pair("--pair");
    private readonly Option<string> _exchange = Options.Exchange();
    private readonly Option<Timeframe?> _timeframe = Options.Timeframe();
    private readonly Option<Instant?> _from = Options.Time("--from", "Start of the stored answers, inclusive");
    private readonly Option<Instant?> _until = Options.Time("--until", "End of the stored answers, exclusive");
    private readonly Option<string?> _policy = new("--policy")
    {
        Description = "Policy file, or name of a built-in policy [default: by the name in the answer]",
    };
    private readonly Option<string?> _coefficients = new("--coefficients")
    {
        Description = "File of coefficients that the service used [default: the shipped ones]",
        HelpName = "FILE",
    };
    private readonly CalendarOption _calendar = new();
    private readonly Option<string?> _fetch = new("--fetch")
    {
        Description =
            "Also fetch the candles from the exchange into this folder, and compare the stored ones with them",
        HelpName = "FOLDER",
    };
    private readonly Option<Uri?> _sandbox = Options.Address(
        "--sandbox",
        "Address of a sandbox to fetch from instead of the real exchange"
    );
    private readonly Option<bool> _json = new("--json") { Description = "Print the results as JSON" };
    private readonly StoreOptionSet _place = new();

    public static Command Create()
    {
        var self = new ProveCommand();
        var command = new Command(
            "prove",
            "Computes past answers again from the stored candles and outside values: those of a file, or with --pair "
                + "the stored ones. Names the first difference. Exit code 1 if an answer is not equal."
        )
        {
            self._file,
            self._pair,
            self._exchange,
            self._timeframe,
            self._from,
            self._until,
            self._policy,
            self._coefficients,
            self._calendar,
            self._fetch,
            self._sandbox,
            self._json,
        };
        self._place.AddTo(command);
        command.Validators.Add(result =>
        {
            if (result.GetValue(self._file) is null == result.GetValue(self._pair) is null)
                result.AddError("name either a file with an answer, or --pair for stored answers");
        });
        command.SetAction(self.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        try
        {
            var given = parsed.GetValue(_file) is { } file ? Read(file) : null;
            return await _place.OnExistingStoreAsync(
                parsed,
                async (store, _) =>
                {
                    try
                    {
                        return await ProveAsync(store, given, parsed, cancellation);
                    }
                    catch (Exception e) when (e is BacktestException or PolicyException or HistoryException)
                    {
                        return Terminal.Fail(e.Message, ExitCode.Usage);
                    }
                },
                cancellation
            );
        }
        catch (SandboxUnreachableException e)
        {
            return Terminal.Fail(e.Message, ExitCode.Unavailable);
        }
        catch (Exception e) when (e is BacktestException or IOException or UnauthorizedAccessException)
        {
            return Terminal.Fail(e.Message, ExitCode.Usage);
        }
    }

    private static IReadOnlyList<ProvenAnswer> Read(string file)
    {
        if (new FileInfo(file).Length > MostBytes)
            throw new BacktestException($"{file}: more than {MostBytes} bytes");
        try
        {
            var json = File.ReadAllBytes(file);
            var answers = ProvenAnswer.Parse(json);
            if (answers.Any(answer => answer.IsPart))
                _ = WebhookEvent.Parse(json); // refuses a changed one
            return answers;
        }
        catch (FormatException e)
        {
            throw new BacktestException($"{file}: {e.Message}", e);
        }
        catch (BacktestException e)
        {
            throw new BacktestException($"{file}: {e.Message}", e);
        }
    }

    private async Task<int> ProveAsync(
        MarketStore store,
        IReadOnlyList<ProvenAnswer>? given,
        ParseResult parsed,
        CancellationToken cancellation
    )
    {
        var answers = given ?? await StoredAsync(store, parsed, cancellation);
        if (answers.Count == 0)
            throw new BacktestException("no answers that name their inputs are stored in this span");
        var proofs = new List<Proof>();
        foreach (var same in answers.GroupBy(answer => (answer.Market, answer.Policy)))
        {
            ProvenAnswer[] all = [.. same];
            proofs.AddRange(new Prover(await InputsAsync(store, all, parsed, cancellation)).Prove(all, cancellation));
        }
        if (parsed.GetValue(_json))
            Console.WriteLine(JsonSerializer.Serialize(proofs, CliJson.Shared.IReadOnlyListProof));
        else
            Print(proofs);
        return proofs.TrueForAll(proof => proof.IsEqual) ? ExitCode.Ok : ExitCode.No;
    }

    private async Task<IReadOnlyList<ProvenAnswer>> StoredAsync(
        MarketStore store,
        ParseResult parsed,
        CancellationToken cancellation
    )
    {
        var market = new MarketId(
            parsed.GetValue(_exchange)!,
            parsed.GetValue(_pair)!,
            parsed.GetValue(_timeframe) ?? Timeframe.FiveMinutes
        );
        var policy = parsed.GetValue(_policy) is { } named ? Policies.Find(named).Name : BuiltInPolicies.Default.Name;
        var span = new Span(parsed.GetValue(_from), parsed.GetValue(_until));
        var (answers, without) = (new List<ProvenAnswer>(), 0);
        await foreach (var row in store.Assessments.Of(market, policy, span).RowsAsync(cancellation))
            if (row.Answer.Span.IndexOf("\"inputs\":{"u8) >= 0)
                answers.AddRange(ProvenAnswer.Parse(row.Answer.Span));
            else
                without++;
        if (without > 0)
            Console.Error.WriteLine(
                $"remora: {without} stored answers do not name their inputs: they are of an earlier version, or of "
                    + "before the first candle"
            );
        return answers;
    }

    private async Task<ProofInputs> InputsAsync(
        MarketStore store,
        ProvenAnswer[] answers,
        ParseResult parsed,
        CancellationToken cancellation
    )
    {
        var market = answers[0].Market;
        var (since, until) = (answers.Min(one => one.First), answers.Max(one => one.AsOf));
        async Task<IReadOnlyList<Candle>> CandlesAsync(Timeframe timeframe, TimeSpan before) =>
            await store.Candles.Of(market, new Span(since - before, until), timeframe).ListAsync(cancellation);

        var candles = await CandlesAsync(market.Timeframe, TimeSpan.Zero);
        if (parsed.GetValue(_fetch) is { } folder)
        {
            var fetched = await CandleFetch.RunAsync(
                [(market, since, until)],
                folder,
                parsed.GetValue(_sandbox),
                cancellation
            );
            if (fetched is [var (_, file)])
                candles = Compare(market, candles, CandleFile.Read(file, market.Timeframe).Candles, since, until);
        }
        return new()
        {
            Policy = Policies.Find(parsed.GetValue(_policy) ?? answers[0].Policy),
            Base = candles,
            Hourly = await CandlesAsync(Timeframe.OneHour, RequiredHistory.ReachOf(Timeframe.OneHour)),
            Daily = await CandlesAsync(
                Timeframe.OneDay,
                RequiredHistory.ReachOf(Timeframe.OneDay) + Timeframe.OneDay.Length
            ),
            Observations = await store.Observations.KnownWithinAsync(
                Span.UpTo(
                    answers.Max(one => one.AssessedAt) + Prover.Lateness,
                    answers.Min(one => one.AssessedAt) - RequiredHistory.Observations
                ),
                cancellation
            ),
            Calendar = _calendar.Read(parsed),
            Coefficients = ForecastCommand.Coefficients(parsed.GetValue(_coefficients)),
        };
    }

    /// <summary>
    /// Prints how the stored candles differ from those of the exchange, and returns them with those
    /// that are not stored.
    /// </summary>
    private static List<Candle> Compare(
        MarketId market,
        IReadOnlyList<Candle> stored,
        IReadOnlyList<Candle> fetched,
        Instant since,
        Instant until
    )
    {
        var known = stored.ToDictionary(candle => candle.OpenTime);
        var all = new List<Candle>(stored);
        var (first, count, equal) = ((Candle?)null, 0, 0);
        foreach (var candle in fetched.Where(candle => candle.OpenTime >= since && candle.OpenTime < until))
        {
            if (!known.TryGetValue(candle.OpenTime, out var other))
                all.Add(candle);
            else if (candle == other)
                equal++;
            else if (count++ == 0)
                first = candle;
        }
        var different = first is { } one
            ? $"{count} are not as {market.Exchange} has them now, the first at {one.OpenTime}: stored "
                + $"{known[one.OpenTime].Close}, {market.Exchange} {one.Close} (close)"
            : "none differs";
        Console.Error.WriteLine(
            $"{market}: {equal} stored candles are as {market.Exchange} has them now, {different}; "
                + $"{all.Count - stored.Count} are not stored"
        );
        return [.. all.OrderBy(candle => candle.OpenTime.UnixMilliseconds)];
    }

    private static void Print(List<Proof> proofs)
    {
        foreach (var proof in proofs.Where(proof => !proof.IsEqual).Take(MostPrinted))
        {
            Console.WriteLine($"{proof.Market} at {proof.AssessedAt} is not equal: {proof.Explanation}");
            if (proof.Difference is { } first)
                Console.WriteLine(
                    $"  first difference: {first.Field} is {first.Answered ?? "missing"} in the answer, computed "
                        + (first.Computed ?? "missing")
                );
        }
        var equal = proofs.Count(proof => proof.IsEqual);
        Console.WriteLine(
            proofs is [{ IsEqual: true } one]
                ? $"{one.Market} at {one.AssessedAt} is equal, digit for digit"
                : $"{equal} of {proofs.Count} answers are equal, digit for digit"
        );
        foreach (var cause in proofs.Where(proof => !proof.IsEqual).CountBy(proof => proof.Cause))
            Console.WriteLine($"  {RemoraJson.NameOf(cause.Key)}: {cause.Value}");
    }
}
