using System.Globalization;
using Remora.Csv;
using Remora.Feeds.Exchanges;
using Remora.Feeds.Time;
using Remora.Markets;

namespace Remora.Feeds.History;

/// <summary>
/// Funding rates of a perpetual, scaled to eight hours. A rate is knowable when it is settled. Its
/// interval is the time since the settlement before, at most eight hours.
/// </summary>
internal sealed class FundingHistory(CcxtExchange exchange, string perpetual, TimeProvider clock) : HistorySeries
{
    private const int PageLimit = 200; // Bybit's maximum
    private const double LargestRate = 0.1; // per 8 hours, as for live rates
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan Usual = TimeSpan.FromHours(8);

    /// <inheritdoc/>
    public override string Header => $"timestamp,funding_rate,{HistoryLayout.KnowableAt}";

    /// <inheritdoc/>
    public override TimeSpan? Step => Usual;

    /// <inheritdoc/>
    public override Instant SettledAt(Instant now) => (now - Hour).Floor(Hour);

    /// <inheritdoc/>
    public override async Task<HistoryPage> PageAsync(
        Instant from,
        Instant end,
        Instant? last,
        CancellationToken cancellation
    )
    {
        // The first rate needs the settlement before it.
        var since = last is null ? from - Usual : from;
        var rates = await exchange.FundingHistoryAsync(perpetual, since, PageLimit, cancellation);
        if (rates.Count == 0)
            rates = await exchange.FundingHistoryAsync(perpetual, since, PageLimit, cancellation);
        PerpetualRows.Check(rates, rate => rate.At, perpetual, clock.Now());
        if (rates.Count == 0)
            return new([], since + (Hour * PageLimit)); // the shortest interval is an hour
        var rows = new List<HistoryRow>(rates.Count);
        foreach (var rate in rates)
        {
            var at = rate.At!.Value;
            if (at >= end)
                return new(rows, end);
            var hours = last is { } before ? Math.Clamp(Math.Round((at - before) / Hour), 1, 8) : 8;
            last = at;
            if (at < from)
                continue;
            var value = rate.Value * (8 / hours);
            if (!(Math.Abs(value) <= LargestRate))
                throw PerpetualRows.Refused(
                    perpetual,
                    $"the funding rate of {at} is {value} per 8 hours, expected -{LargestRate} to {LargestRate}"
                );
            var time = at.UnixMilliseconds;
            rows.Add(new(at, string.Create(CultureInfo.InvariantCulture, $"{time},{value},{time}")));
        }
        return new(rows, After(rates[^1].At!.Value));
    }
}

/// <summary>
/// Open interest of a perpetual at the beginning of each day, in the base currency. It counts as
/// known at the end of its day.
/// </summary>
internal sealed class OpenInterestHistory(CcxtExchange exchange, string perpetual, TimeProvider clock) : HistorySeries
{
    private const int PageLimit = 200; // Bybit's maximum
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    /// <inheritdoc/>
    public override string Header => $"timestamp,date,open_interest,{HistoryLayout.KnowableAt}";

    /// <inheritdoc/>
    public override TimeSpan? Step => Day;

    /// <inheritdoc/>
    public override Instant SettledAt(Instant now) => now.Floor(Day);

    /// <inheritdoc/>
    public override Instant After(Instant row) => row + Day;

    /// <inheritdoc/>
    public override async Task<HistoryPage> PageAsync(
        Instant from,
        Instant end,
        Instant? last,
        CancellationToken cancellation
    )
    {
        var days = (int)Math.Clamp(Math.Ceiling((end - from) / Day), 1, PageLimit);
        var until = from + (Day * (days - 1));
        var values = await exchange.OpenInterestHistoryAsync(perpetual, from, until, days, cancellation);
        if (values.Count == 0)
            values = await exchange.OpenInterestHistoryAsync(perpetual, from, until, days, cancellation);
        PerpetualRows.Check(values, value => value.At, perpetual, clock.Now());
        var rows = new List<HistoryRow>(values.Count);
        foreach (var value in values)
        {
            var at = value.At!.Value;
            if (at.Floor(Day) != at)
                throw PerpetualRows.Refused(perpetual, $"the open interest of {at} is not dated at a day's beginning");
            if (value.Value is not (> 0 and < 1e18))
                throw PerpetualRows.Refused(perpetual, $"the open interest of {at} is {value.Value}, not above 0");
            if (at < from || at >= end)
                continue;
            rows.Add(new(at, DatedRow.Text(at, value.Value, at + Day)));
        }
        return new(rows, from + (Day * days));
    }
}

/// <summary>Checks that all data of perpetuals have in common.</summary>
internal static class PerpetualRows
{
    /// <summary>Refuses values without a time, out of order, or of the future.</summary>
    public static void Check<T>(IReadOnlyList<T> rows, Func<T, Instant?> timeOf, string perpetual, Instant now)
    {
        Instant? before = null;
        foreach (var row in rows)
        {
            if (timeOf(row) is not { } at)
                throw Refused(perpetual, "a row has no time");
            if (at > now)
                throw Refused(perpetual, $"the row of {at} is in the future");
            if (at <= before)
                throw Refused(perpetual, at == before ? $"{at} is a duplicate" : $"{at} comes after {before}");
            before = at;
        }
    }

    /// <summary>Returns the error of an invalid response.</summary>
    public static ExchangeException Refused(string perpetual, string problem) =>
        new(ExchangeErrorKind.BadResponse, $"the response for {perpetual} is refused: {problem}");
}

/// <summary>
/// A row of a daily value: its day as time and as date, the value, when it is knowable.
/// </summary>
internal static class DatedRow
{
    /// <summary>Returns the line.</summary>
    public static string Text(Instant day, double value, Instant knowableAt) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{day.UnixMilliseconds},{day.ToDateTimeOffset():yyyy-MM-dd},{value},{knowableAt.UnixMilliseconds}"
        );
}
