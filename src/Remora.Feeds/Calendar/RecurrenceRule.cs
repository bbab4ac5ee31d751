using System.Globalization;

namespace Remora.Feeds.Calendar;

/// <summary>
/// A recurrence rule of iCalendar (RFC 5545, RRULE) by days, weeks, months or years, for example
/// <c>FREQ=MONTHLY;BYDAY=3WE</c>. Parts that it does not support are refused.
/// </summary>
internal sealed class RecurrenceRule
{
    private const int MostInterval = 1_000,
        MostPositions = 366,
        MostValues = 60;
    private const string Supported = "FREQ, INTERVAL, COUNT, UNTIL, WKST, BYMONTH, BYMONTHDAY, BYDAY and BYSETPOS";
    private static readonly string[] Frequencies = ["DAILY", "WEEKLY", "MONTHLY", "YEARLY"];
    private static readonly string[] WeekDays = ["SU", "MO", "TU", "WE", "TH", "FR", "SA"];

    private readonly IcsTime _start;
    private readonly Frequency _frequency;
    private readonly int _interval = 1;
    private readonly int? _count;
    private readonly Func<DateTime, bool> _isOver = _ => false;
    private readonly DayOfWeek _weekStart = DayOfWeek.Monday;
    private readonly int[] _months = [];
    private readonly int[] _monthDays = [];
    private readonly (int Ordinal, DayOfWeek Day)[] _weekDays = [];
    private readonly int[] _positions = [];

    private RecurrenceRule(IcsProperty rule, IcsTime start)
    {
        _start = start;
        var parts = Parts(rule.Value);
        var frequency = parts.GetValueOrDefault("FREQ", "").ToUpperInvariant();
        _frequency = Array.IndexOf(Frequencies, frequency) is >= 0 and var index
            ? (Frequency)index
            : throw new FormatException(
                $"FREQ is '{IcsTime.Cut(frequency)}': supported are {string.Join(", ", Frequencies)}"
            );
        foreach (var (name, value) in parts)
        {
            switch (name)
            {
                case "FREQ":
                    break;
                case "INTERVAL":
                    _interval = Number(name, value, 1, MostInterval);
                    break;
                case "COUNT":
                    _count = Number(name, value, 1, int.MaxValue);
                    break;
                case "UNTIL":
                    _isOver = Until(value, rule);
                    break;
                case "WKST":
                    _weekStart = WeekDay(name, value);
                    break;
                case "BYMONTH":
                    _months = Numbers(name, value, 12, isSigned: false);
                    break;
                case "BYMONTHDAY":
                    _monthDays = Numbers(name, value, 31);
                    break;
                case "BYSETPOS":
                    _positions = Numbers(name, value, MostPositions);
                    break;
                case "BYDAY":
                    _weekDays = [.. Values(name, value).Select(OrdinalDay)];
                    break;
                default:
                    throw new FormatException($"{IcsTime.Cut(name)} is not supported: supported are {Supported}");
            }
        }
        if (_count is not null && parts.ContainsKey("UNTIL"))
            throw new FormatException("it has both COUNT and UNTIL");
        if (_frequency == Frequency.Weekly && _monthDays.Length > 0)
            throw new FormatException("BYMONTHDAY is not allowed with FREQ=WEEKLY");
        if (_frequency < Frequency.Monthly && _weekDays.Any(day => day.Ordinal != 0))
            throw new FormatException($"BYDAY with a number is not allowed with FREQ={frequency}");
        if (_positions.Length > 0 && _months.Length + _monthDays.Length + _weekDays.Length == 0)
            throw new FormatException("BYSETPOS needs BYDAY, BYMONTHDAY or BYMONTH");
        // What the rule leaves open is as at the start.
        if (_weekDays.Length > 0 || _monthDays.Length > 0)
            return;
        var day = start.Local;
        if (_frequency == Frequency.Weekly)
            _weekDays = [(0, day.DayOfWeek)];
        if (_frequency >= Frequency.Monthly)
            _monthDays = [day.Day];
        if (_frequency == Frequency.Yearly && _months.Length == 0)
            _months = [day.Month];
    }

    private enum Frequency
    {
        Daily,
        Weekly,
        Monthly,
        Yearly,
    }

    /// <summary>Parses a rule.</summary>
    /// <param name="rule">The RRULE property.</param>
    /// <param name="start">The first occurrence.</param>
    /// <exception cref="FormatException">The rule is invalid or not supported; the message contains
    /// it.</exception>
    public static RecurrenceRule Parse(IcsProperty rule, IcsTime start)
    {
        try
        {
            return new(rule, start);
        }
        catch (FormatException e)
        {
            throw new FormatException($"its rule '{IcsTime.Cut(rule.Value)}' cannot be used: {e.Message}", e);
        }
    }

    /// <summary>
    /// Returns the local times of the occurrences, ascending. The start is always the first one and
    /// counts.
    /// </summary>
    /// <param name="last">Occurrences after this local time are left out.</param>
    public IEnumerable<DateTime> Expand(DateTime last)
    {
        var count = 1;
        yield return _start.Local;
        for (var i = 0; ; i++)
        {
            var (first, end) = Period(i);
            if (first > last)
                yield break;
            foreach (var day in Chosen(first, end))
            {
                var local = day + _start.Local.TimeOfDay;
                if (local <= _start.Local)
                    continue;
                if (local > last || _isOver(local) || count == _count)
                    yield break;
                count++;
                yield return local;
            }
        }
    }

    /// <summary>Returns the first day of a period of the rule and the day after its end.</summary>
    private (DateTime First, DateTime End) Period(int index)
    {
        var start = _start.Local.Date;
        var steps = index * _interval;
        switch (_frequency)
        {
            case Frequency.Daily:
                return (start.AddDays(steps), start.AddDays(steps + 1));
            case Frequency.Weekly:
                var week = start.AddDays((7 * steps) - (((int)start.DayOfWeek - (int)_weekStart + 7) % 7));
                return (week, week.AddDays(7));
            case Frequency.Monthly:
                var month = new DateTime(start.Year, start.Month, 1).AddMonths(steps);
                return (month, month.AddMonths(1));
            default:
                var year = new DateTime(start.Year, 1, 1).AddYears(steps);
                return (year, year.AddYears(1));
        }
    }

    private List<DateTime> Chosen(DateTime first, DateTime end)
    {
        var days = new List<DateTime>();
        for (var day = first; day < end; day = day.AddDays(1))
            if (Matches(day))
                days.Add(day);
        if (_positions.Length == 0)
            return days;
        return [.. days.Where((_, i) => _positions.Contains(i + 1) || _positions.Contains(i - days.Count))];
    }

    private bool Matches(DateTime day)
    {
        var length = DateTime.DaysInMonth(day.Year, day.Month);
        return (_months.Length == 0 || _months.Contains(day.Month))
            && (_monthDays.Length == 0 || _monthDays.Contains(day.Day) || _monthDays.Contains(day.Day - length - 1))
            && (
                _weekDays.Length == 0
                || _weekDays.Any(one =>
                    one.Day == day.DayOfWeek && (one.Ordinal == 0 || IsOrdinal(day, length, one.Ordinal))
                )
            );
    }

    /// <summary>
    /// Whether a day is the first, second, last ... of its weekday in the month, or in the year
    /// when the rule is yearly and names no month.
    /// </summary>
    private bool IsOrdinal(DateTime day, int monthLength, int ordinal)
    {
        var isInYear = _frequency == Frequency.Yearly && _months.Length == 0;
        var yearLength = DateTime.IsLeapYear(day.Year) ? 366 : 365;
        var (at, length) = isInYear ? (day.DayOfYear, yearLength) : (day.Day, monthLength);
        return ordinal == (ordinal > 0 ? ((at - 1) / 7) + 1 : -((length - at) / 7) - 1);
    }

    private Func<DateTime, bool> Until(string value, IcsProperty rule)
    {
        var until = IcsTime.Parse(value, rule, _start.Zone ?? TimeZoneInfo.Utc);
        if (until.IsDay || _start.IsDay)
            return local => local.Date > until.Local.Date;
        var end = until.At(until.Local, null);
        return local => _start.At(local, null) > end;
    }

    private static Dictionary<string, string> Parts(string rule)
    {
        var parts = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var part in rule.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (part.Split('=') is not [var name, { Length: > 0 } value])
                throw new FormatException($"'{IcsTime.Cut(part)}' is not NAME=VALUE");
            if (!parts.TryAdd(name.ToUpperInvariant(), value))
                throw new FormatException($"it has {IcsTime.Cut(name)} twice");
        }
        return parts;
    }

    private static int Number(string name, string value, int least, int most) =>
        int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
        && number >= least
        && number <= most
            ? number
            : throw new FormatException($"{name} is '{IcsTime.Cut(value)}': expected a number from {least} to {most}");

    private static int[] Numbers(string name, string value, int most, bool isSigned = true) =>
        [
            .. Values(name, value)
                .Select(text =>
                    Number(name, text, isSigned ? -most : 1, most) is not 0 and var number
                        ? number
                        : throw new FormatException(
                            $"{name} is 0: expected 1 to {most}, or below 0 to count from the end"
                        )
                ),
        ];

    private static string[] Values(string name, string value) =>
        value.Split(',') is { Length: <= MostValues } values
            ? values
            : throw new FormatException($"{name} has more than {MostValues} values");

    private static (int Ordinal, DayOfWeek Day) OrdinalDay(string text)
    {
        var ordinal = text.Length > 2 ? Number("BYDAY", text[..^2], -53, 53) : 0;
        if (text.Length > 2 && ordinal == 0)
            throw new FormatException("BYDAY has the number 0: expected 1 to 53, or -1 to -53");
        return (ordinal, WeekDay("BYDAY", text.Length > 2 ? text[^2..] : text));
    }

    private static DayOfWeek WeekDay(string name, string text) =>
        Array.FindIndex(WeekDays, day => day.Equals(text, StringComparison.OrdinalIgnoreCase)) is >= 0 and var day
            ? (DayOfWeek)day
            : throw new FormatException($"{name} has '{IcsTime.Cut(text)}': expected {string.Join(", ", WeekDays)}");
}
