using System.Collections.Concurrent;
using System.Text;
using System.Threading.Channels;
using Remora.Forecasts;
using Remora.Markets;
using Remora.Supervision;

namespace Remora.Feeds.Candles;

/// <summary>
/// Keeps the state of each market's forecaster, so that a restart changes no digit: every hour, in
/// memory and in a file. The file is up to two hours old; the candles since are part of every
/// history. A state that does not fit is dropped, and a forecaster is made from earlier candles.
/// </summary>
public sealed class ForecastPast
{
    private const string ForecasterPart = "forecaster",
        MarketPart = "market",
        Ending = ".state";

    private static readonly long Hour = (long)TimeSpan.FromHours(1).TotalMilliseconds;

    // By the market whose candles they are made of. The pump saves, feeds resume.
    private readonly ConcurrentDictionary<MarketId, byte[]> _newest = new();
    private readonly Channel<(MarketId Source, byte[] State)> _writes = Channel.CreateBounded<(MarketId, byte[])>(
        new BoundedChannelOptions(1024) { FullMode = BoundedChannelFullMode.DropOldest }
    );

    // Of the pump only: whose candles a market has, while its forecaster has all of its past.
    private readonly Dictionary<MarketId, MarketId> _whole = [];

    private readonly CoefficientVintages _coefficients;
    private readonly Func<ForecastCalendar> _calendar;
    private readonly Incidents _incidents;

    /// <param name="coefficients">The coefficients of the engine.</param>
    /// <param name="calendar">Returns the events that forecasts take into account.</param>
    public ForecastPast(CoefficientVintages coefficients, Func<ForecastCalendar> calendar)
    {
        (_coefficients, _calendar) = (coefficients, calendar);
        _incidents = new(line => Notice?.Invoke(line));
    }

    /// <summary>The folder of the files; null to keep states in memory only.</summary>
    public string? Folder { get; init; }

    /// <summary>
    /// The length of the past that a forecaster begins with. If it is not longer than the history
    /// of other readings, no earlier candles are fetched.
    /// </summary>
    public TimeSpan Length { get; init; } = RequiredHistory.Forecasts;

    /// <summary>
    /// Returns the stored candles of a market that open in a span; null if none are stored. Must
    /// not throw, and must return quickly.
    /// </summary>
    public Func<MarketId, Instant, Instant, CancellationToken, Task<IReadOnlyList<Candle>>>? Recall { get; init; }

    /// <summary>Receives a line for the log about a problem.</summary>
    public Action<string>? Notice { get; init; }

    /// <summary>
    /// Returns the saved state that the candles of a history continue; null if there is none.
    /// </summary>
    /// <param name="market">The market.</param>
    /// <param name="history">Its history.</param>
    /// <param name="isWhole">Whether the history is complete. A state that does not fit it is
    /// dropped.</param>
    public ReadOnlyMemory<byte>? Resume(MarketId market, MarketHistory history, bool isWhole)
    {
        if (!Forecaster.Supports(market.Timeframe))
            return null;
        var source = history.Source ?? market;
        string? problem = null;
        if (_newest.TryGetValue(source, out var newest))
        {
            if (Fits(market, newest, history, isWhole, ref problem))
                return newest;
            if (problem is not null)
                _newest.TryRemove(new(source, newest));
        }
        var path = Folder is null ? null : PathOf(source);
        if (path is not null && File.Exists(path))
        {
            try
            {
                var state = Read(path, source);
                if (Fits(market, state, history, isWhole, ref problem))
                    return state;
            }
            catch (Exception e) when (e is FormatException or IOException or UnauthorizedAccessException)
            {
                problem = e.Message;
            }
        }
        if (problem is not null)
            Drop(market, path, problem);
        return null;
    }

    /// <summary>Returns a forecaster without a past.</summary>
    public Forecaster Begin(MarketId market) => new(market.Timeframe, _coefficients, _calendar(), market.Pair.Quote);

    /// <summary>Takes a forecaster that has seen the past of a market.</summary>
    /// <param name="source">The market of the candles.</param>
    /// <param name="forecaster">The forecaster.</param>
    public void Made(MarketId source, Forecaster forecaster)
    {
        var state = forecaster.Save();
        _newest[source] = state;
        _writes.Writer.TryWrite((source, state));
    }

    /// <summary>Reports that the past of a market could not be fetched.</summary>
    public void GaveUp(MarketId market, string reason) =>
        Notice?.Invoke(
            $"the past of the forecasts of {market} could not be fetched: {reason}. history_days says how much past "
                + "they have; the next start tries again"
        );

    /// <summary>
    /// Saves the state of a market's forecaster at each full hour of its candles. The pump calls it
    /// after each event.
    /// </summary>
    /// <param name="marketEvent">The event that was applied.</param>
    /// <param name="engine">The engine.</param>
    public void Applied(in MarketEvent marketEvent, RemoraEngine engine)
    {
        if (marketEvent is not { Market: { } market, SeenAt: null } || !Forecaster.Supports(market.Timeframe))
            return;
        if (marketEvent.History is { } history)
        {
            if (history.ForecastState is not null || HasAll(history.Base))
                _whole[market] = history.Source ?? market;
            else
                _whole.Remove(market);
            return;
        }
        var close = marketEvent.Candle.OpenTime + market.Timeframe.Length;
        if (close.UnixMilliseconds % Hour != 0 || !_whole.TryGetValue(market, out var source))
            return;
        if (engine.SaveForecaster(market) is not { } state)
            return;
        // The exchange may revise its last candles. Then the state of an hour ago still fits.
        if (_newest.TryGetValue(source, out var before))
            _writes.Writer.TryWrite((source, before));
        _newest[source] = state;
    }

    /// <summary>
    /// Forgets a market that is no longer tracked; its file stays. The pump calls it.
    /// </summary>
    public void Dropped(MarketId market)
    {
        _whole.Remove(market, out var source);
        _newest.TryRemove(source ?? market, out _);
    }

    /// <summary>Writes files until it is canceled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        try
        {
            while (await _writes.Reader.WaitToReadAsync(cancellation))
                Flush();
        }
        finally
        {
            Flush();
        }
    }

    /// <summary>Writes the files that wait.</summary>
    internal void Flush()
    {
        while (_writes.Reader.TryRead(out var write))
        {
            if (Folder is null)
                continue;
            try
            {
                Write(PathOf(write.Source), write.Source, write.State);
                _incidents.End(Folder, "the states of forecasts are saved again");
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                _incidents.Begin(
                    Folder,
                    $"the states of forecasts cannot be saved: {e.Message}. Without them, a restart begins with "
                        + "another past"
                );
            }
        }
    }

    // Whether a history is all that forecasts want. The first answer of a market has less.
    private bool HasAll(IReadOnlyList<Candle> candles) =>
        Length <= RequiredHistory.Base
        && candles.Count > 0
        && candles[^1].OpenTime - candles[0].OpenTime > Length - Timeframe.OneDay.Length;

    private bool Fits(MarketId market, byte[] state, MarketHistory history, bool isWhole, ref string? problem)
    {
        var forecaster = Begin(market);
        try
        {
            forecaster.Load(state);
        }
        catch (FormatException e)
        {
            problem = e.Message;
            return false;
        }
        var continues = forecaster.Continues(history.Base);
        // While more of the history is fetched, other candles may still replace these.
        if (continues != true && isWhole)
            problem = continues is null
                ? "its last candle is not among those of the exchange"
                : "the exchange has other candles";
        return continues == true;
    }

    private void Drop(MarketId market, string? path, string problem)
    {
        Notice?.Invoke(
            $"the saved state of the forecasts of {market} does not fit and is dropped: {problem}. The forecasts are "
                + "made from candles"
        );
        try
        {
            if (path is not null)
                File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next state replaces it.
        }
    }

    private string PathOf(MarketId source)
    {
        var name = new StringBuilder();
        foreach (var c in source.ToString())
            name.Append(
                char.IsAsciiLetterOrDigit(c) || c is '.' or '-' ? $"{c}"
                : c == ' ' ? "_"
                : $"%{(int)c:x2}"
            );
        return Path.Combine(Folder!, name.Append(Ending).ToString());
    }

    private static byte[] Read(string path, MarketId source)
    {
        var parts = StateOnDisk.Read(path);
        if (!parts.TryGetValue(MarketPart, out var name) || Encoding.UTF8.GetString(name) != source.ToString())
            throw new FormatException("its file is of another market");
        return parts.TryGetValue(ForecasterPart, out var state)
            ? state
            : throw new FormatException($"its file has no part '{ForecasterPart}'");
    }

    private static void Write(string path, MarketId source, byte[] state) =>
        StateOnDisk.Write(
            path,
            new Dictionary<string, byte[]>
            {
                [MarketPart] = Encoding.UTF8.GetBytes(source.ToString()),
                [ForecasterPart] = state,
            }
        );
}
