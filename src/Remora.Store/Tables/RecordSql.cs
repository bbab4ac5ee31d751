using System.Globalization;
using Remora.ClickHouse;
using Remora.Forecasts;
using Remora.Markets;

namespace Remora.Store.Tables;

/// <summary>The groups by which graded hours are summed.</summary>
[Flags]
public enum RecordGroups
{
    /// <summary>All hours, and by the reason why they were not graded.</summary>
    Reasons = 1,

    /// <summary>By the coefficients of the forecast.</summary>
    Vintages = 2,

    /// <summary>By tenths of the forecast and of each probability.</summary>
    Tenths = 4,

    /// <summary>By the day (UTC) on which the horizon begins.</summary>
    Days = 8,
}

/// <summary>The statements of the track record, from the files of the folder Record.</summary>
internal static class RecordSql
{
    /// <summary>Selects the rows of a market.</summary>
    public const string OfMarket =
        "exchange = {exchange:String} AND pair = {pair:String} AND timeframe = {timeframe:String}";

    private const int LongestPast = 168 + 1; // hours

    private static readonly Dictionary<string, string> Texts = Shipped
        .Files("Record")
        .ToDictionary(file => file.Name, file => file.Text, StringComparer.Ordinal);

    private static readonly (RecordGroups Group, string Key)[] Keys =
    [
        (RecordGroups.Reasons, "('all', '')"),
        (RecordGroups.Reasons, "('reason', reason)"),
        (RecordGroups.Vintages, "(if(graded, 'vintage', ''), coefficients)"),
        (RecordGroups.Days, "(if(is_bet, 'day', ''), toString(toDate(toDateTime(hour * 3600, 'UTC'))))"),
        (RecordGroups.Tenths, "(if(graded, 'volatility', ''), toString(tenth))"),
        (RecordGroups.Tenths, "(if(has_odds, 'fall_1', ''), toString(tenth_1))"),
        (RecordGroups.Tenths, "(if(has_odds, 'fall_2', ''), toString(tenth_2))"),
        (RecordGroups.Tenths, "(if(has_odds, 'fall_3', ''), toString(tenth_3))"),
    ];

    /// <summary>Returns the parameters of a market and a span of candles, in hours.</summary>
    public static QueryParameters Of(MarketId market, long firstHour = 0, long endHour = 0) =>
        new QueryParameters()
            .Add("exchange", market.Exchange)
            .Add("pair", market.Pair.ToString())
            .Add("timeframe", market.Timeframe.Name)
            .Add("candles_from", Math.Max(0, firstHour - LongestPast) * 3600)
            .Add("candles_to", endHour * 3600);

    /// <summary>Whether the first forecast of a bucket was published in time.</summary>
    public static string InTime { get; } =
        string.Create(
            CultureInfo.InvariantCulture,
            $"published_first <= toDateTime64(bucket, 3, 'UTC') + {ForecastRecord.Grace.TotalSeconds}"
        );

    /// <summary>Returns the statement that selects the whole hours.</summary>
    public static string SelectHours(Timeframe timeframe) =>
        $"WITH {Hours(timeframe)} SELECT hour, squares FROM hours ORDER BY hour";

    /// <summary>Returns the statement that selects the log returns of the whole hours.</summary>
    public static string SelectReturns(Timeframe timeframe)
    {
        var perHour = Text(60 / SlotMinutes(timeframe));
        return $"WITH {Hours(timeframe)} SELECT intDiv(slot, {perHour}) AS hour, arrayMap(each -> each.2, "
            + "arraySort(groupArray((slot, log(last / base))))) FROM steps WHERE slot_before = slot - 1 "
            + $"GROUP BY hour HAVING count() = {perHour} ORDER BY hour";
    }

    /// <summary>Returns the statement that grades a span.</summary>
    public static string Grade(string view, Timeframe timeframe, Horizon horizon, RecordGroups groups) =>
        Fill(
            Texts["grade.sql"],
            ("hours", Hours(timeframe)),
            ("in_time", InTime),
            ("keys", string.Join(", ", Keys.Where(key => groups.HasFlag(key.Group)).Select(key => key.Key))),
            ("market", OfMarket),
            ("own", Text(horizon.Index + 1)), // the input of HAR that is the variance of the last horizon
            ("step", Text((int)timeframe.Length.TotalSeconds)),
            ("view", view),
            ("hh", horizon.Name),
            ("h", Text(horizon.Hours))
        );

    private static string Hours(Timeframe timeframe)
    {
        var minutes = (int)timeframe.Length.TotalMinutes;
        var slot = SlotMinutes(timeframe);
        return Fill(
            Texts["hours.sql"],
            ("market", OfMarket),
            ("parts", Text(slot / minutes)),
            ("per_hour", Text(60 / slot)),
            ("slot_ms", Text(slot * 60_000))
        );
    }

    private static int SlotMinutes(Timeframe timeframe)
    {
        var minutes = (int)timeframe.Length.TotalMinutes;
        return minutes is 1 or 3 ? minutes * 5 : minutes;
    }

    private static string Fill(string text, params ReadOnlySpan<(string Name, string Value)> values)
    {
        foreach (var (name, value) in values)
            text = text.Replace("$" + name, value, StringComparison.Ordinal);
        return text;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
