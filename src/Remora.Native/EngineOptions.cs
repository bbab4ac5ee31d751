using System.Text.Json;
using System.Text.Json.Serialization;
using Remora.Backtest.Data;
using Remora.Columns;
using Remora.Csv;
using Remora.Markets;
using Remora.Portfolios;
using Remora.Risk;

namespace Remora.Native;

/// <summary>The options of an engine: the JSON of <c>remora_create</c> in remora.h.</summary>
internal sealed record EngineOptions
{
    private const int MostPolicies = 64;
    private const int LongestExchange = 64;

    private static readonly Instant Earliest = Instant.MinValue + TimeSpan.FromDays(31);
    private static readonly Instant Latest = Instant.MaxValue - TimeSpan.FromDays(31);

    public string? Pair { get; init; }

    public string? Exchange { get; init; }

    public string? Timeframe { get; init; }

    public IReadOnlyList<string?>? Policies { get; init; }

    public string? CalendarFile { get; init; }

    public IReadOnlyList<EventOption?>? Calendar { get; init; }

    /// <summary>Whether forecasts use the shipped dates; null for true.</summary>
    public bool? ShippedCalendar { get; init; }

    public IReadOnlyList<OutsideOption?>? Outside { get; init; }

    public int? BookHours { get; init; }

    /// <summary>Parses options.</summary>
    /// <exception cref="RefusedException">The text is not JSON of this form.</exception>
    public static EngineOptions Parse(ReadOnlySpan<byte> json) => Parse(json, NativeJson.Shared.EngineOptions);

    /// <summary>Parses outside values.</summary>
    /// <exception cref="RefusedException">The text is not JSON of this form.</exception>
    public static IReadOnlyList<OutsideOption?> ParseOutside(ReadOnlySpan<byte> json) =>
        Parse(json, NativeJson.Shared.OutsideOptionArray);

    /// <summary>Returns the pair.</summary>
    public Pair GetPair() =>
        Markets.Pair.TryParse(Pair, out var pair)
            ? pair
            : throw Refuse($"pair is {Quote(Pair)}: expected BASE/QUOTE such as BTC/USDT");

    /// <summary>Returns the exchange's CCXT id.</summary>
    public string GetExchange() =>
        Exchange is null ? "binance"
        : Exchange is { Length: > 0 and <= LongestExchange } ? Exchange
        : throw Refuse($"exchange has {Exchange.Length} characters: expected 1 to {LongestExchange}");

    /// <summary>Returns the timeframe; null to derive it from the candles.</summary>
    public Timeframe? GetTimeframe() =>
        Timeframe is null ? null
        : Markets.Timeframe.TryParse(Timeframe, out var timeframe) ? timeframe
        : throw Refuse(
            $"timeframe is {Quote(Timeframe)}: expected one of {string.Join(", ", Markets.Timeframe.Known)}"
        );

    /// <summary>Returns the number of hours to keep for books; 0 for none.</summary>
    public int GetBookHours() =>
        BookHours is null or (>= 0 and <= BookPast.MostHours)
            ? BookHours ?? 0
            : throw Refuse($"book_hours is {BookHours}: expected 0 to {BookPast.MostHours}");

    /// <summary>Returns the policies, at least one.</summary>
    public IReadOnlyList<RiskPolicy> GetPolicies()
    {
        if (Policies is null)
            return [BuiltInPolicies.Default];
        if (Policies.Count is 0 or > MostPolicies)
            throw Refuse($"there are {Policies.Count} policies: expected 1 to {MostPolicies}");
        var found = Policies.Select(FindPolicy).ToArray();
        return found.GroupBy(policy => policy.Name).FirstOrDefault(same => same.Count() > 1) is { } same
            ? throw Refuse($"there are two policies with the name '{same.Key}'")
            : found;
    }

    /// <summary>Returns the scheduled events.</summary>
    public ReplayCalendar GetCalendar()
    {
        var shipped = ShippedCalendar == false ? ForecastCalendar.Empty : Csv.ShippedCalendar.Dates;
        if (CalendarFile is not null && Calendar is not null)
            throw Refuse("there are both calendar and calendar_file: expected one of them");
        try
        {
            if (CalendarFile is not null)
                return Backtest.Data.CalendarFile.Read(
                    PathOf(CalendarFile, "calendar_file"),
                    ScheduledEvent.UsualBefore,
                    ScheduledEvent.UsualAfter,
                    shipped
                );
            if (Calendar is null)
                return new([], shipped);
            if (Calendar.Count > CalendarCsv.MostEntries)
                throw Refuse($"there are {Calendar.Count} events: expected at most {CalendarCsv.MostEntries}");
            return Backtest.Data.CalendarFile.AsKnown(
                new(
                    [.. Calendar.Select((entry, i) => EntryOf(entry, i))],
                    new Dictionary<CalendarEventKind, DateOnly>(),
                    HasKind: false
                ),
                ScheduledEvent.UsualBefore,
                ScheduledEvent.UsualAfter,
                shipped
            );
        }
        catch (Exception e) when (e is FormatException or Backtest.BacktestException)
        {
            throw Refuse("calendar: " + e.Message);
        }
    }

    /// <summary>Returns the refusal of options.</summary>
    public static RefusedException Refuse(string problem) => new(ResultCode.Options, problem);

    /// <summary>Returns a text in quotes, shortened.</summary>
    public static string Quote(string? text) =>
        text is null ? "missing"
        : text.Length <= Markets.Pair.MaxLength ? $"'{text}'"
        : $"'{text[..Markets.Pair.MaxLength]}…'";

    /// <summary>Whether a time leaves room for what is added to it.</summary>
    public static bool IsInRange(Instant time) => time >= Earliest && time <= Latest;

    /// <summary>Returns the path of a file.</summary>
    /// <exception cref="RefusedException">The text cannot be a path.</exception>
    public static string PathOf(string text, string name) =>
        text.Length > 0 && !text.Contains('\0')
            ? text
            : throw Refuse($"{name} is {Quote(text.Replace('\0', '?'))}: expected the path of a file");

    private static RiskPolicy FindPolicy(string? text)
    {
        if (text is null)
            throw Refuse("a policy is null: expected a name or the JSON of a policy");
        if (BuiltInPolicies.All.FirstOrDefault(policy => policy.Name == text) is { } builtIn)
            return builtIn;
        if (!text.AsSpan().TrimStart("\uFEFF \t\r\n").StartsWith('{'))
            throw Refuse(
                $"{Quote(text)} is not a policy: expected "
                    + $"{string.Join(", ", BuiltInPolicies.All.Select(policy => policy.Name))}, or the JSON of a policy"
            );
        try
        {
            return PolicyFile.Parse(System.Text.Encoding.UTF8.GetBytes(text));
        }
        catch (PolicyException e)
        {
            throw Refuse("policy: " + e.Message);
        }
    }

    private static CalendarEntry EntryOf(EventOption? entry, int position)
    {
        if (entry?.Time is not { } at || !IsInRange(at) || entry.Announced is not { } announced)
            throw Refuse($"calendar[{position}]: expected time, announced and name");
        if (!IsInRange(announced) || CalendarCsv.NameOf(entry.Name ?? "") is not { Length: > 0 } name)
            throw Refuse($"calendar[{position}]: expected a name, and times of the years 1 to 9999");
        return new(at, announced, name);
    }

    internal static T Parse<T>(ReadOnlySpan<byte> json, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(json, type) ?? throw Refuse("the JSON is null: expected an object");
        }
        catch (JsonException e)
        {
            throw Refuse(e.Message);
        }
    }
}

/// <summary>A scheduled event.</summary>
internal sealed record EventOption
{
    public Instant? Time { get; init; }

    public Instant? Announced { get; init; }

    public string? Name { get; init; }
}

/// <summary>Outside values of one kind: a file, or times and values.</summary>
internal sealed record OutsideOption
{
    private const int LongestBase = 32;

    public string? Kind { get; init; }

    public string? Base { get; init; }

    public string? File { get; init; }

    public IReadOnlyList<long>? Times { get; init; }

    public IReadOnlyList<double>? Values { get; init; }

    /// <summary>Returns the signal of the kind.</summary>
    public Signal GetSignal(int position) => OutsideKinds.SignalOf(GetKind(position));

    /// <summary>Returns the base currency in upper case; null for the whole market.</summary>
    public string? GetBase() => Base?.ToUpperInvariant();

    /// <summary>Returns the values.</summary>
    /// <param name="position">The position in the list, for messages.</param>
    /// <exception cref="RefusedException">The option is invalid.</exception>
    public IEnumerable<Observation> Observe(int position)
    {
        var kind = GetKind(position);
        if (Base is { Length: 0 or > LongestBase })
            throw Refuse(position, $"base has {Base.Length} characters: expected 1 to {LongestBase}, or null");
        if ((File is not null) == (Times is not null))
            throw Refuse(position, "expected either file, or times and values");
        if (File is not null)
        {
            try
            {
                return OutsideFile.Read(EngineOptions.PathOf(File, $"outside[{position}]: file"), kind, GetBase());
            }
            catch (Backtest.BacktestException e)
            {
                throw Refuse(position, e.Message);
            }
        }
        return Values?.Count == Times!.Count
            ? Observe(kind, position)
            : throw Refuse(position, $"there are {Times.Count} times and {Values?.Count ?? 0} values");
    }

    private IEnumerable<Observation> Observe(OutsideKind kind, int position)
    {
        for (var i = 0; i < Times!.Count; i++)
        {
            var (time, value) = (new Instant(Times[i]), Values![i]);
            if (!EngineOptions.IsInRange(time))
                throw Refuse(position, $"times[{i}] is {Times[i]}: expected Unix milliseconds of the years 1 to 9999");
            if (double.IsInfinity(value))
                throw Refuse(position, $"values[{i}] is infinite");
            if (!double.IsNaN(value)) // a day without a value
                yield return OutsideKinds.Observe(kind, GetBase(), time, value);
        }
    }

    private OutsideKind GetKind(int position) =>
        OutsideKinds.Names.TryGetValue(Kind ?? "", out var kind)
            ? kind
            : throw Refuse(
                position,
                $"kind is {EngineOptions.Quote(Kind)}: expected one of {string.Join(", ", OutsideKinds.Names.Keys)}"
            );

    private static RefusedException Refuse(int position, string problem) =>
        EngineOptions.Refuse($"outside[{position}]: {problem}");
}

/// <summary>What the library offers: the JSON of <c>remora_describe</c>.</summary>
internal sealed record LibraryDescription(
    int AbiVersion,
    string Model,
    IReadOnlyList<string> Policies,
    IReadOnlyList<string> Timeframes,
    IReadOnlyList<string> OutsideKinds,
    IReadOnlyList<string> CandleTimes,
    IReadOnlyList<ColumnDescription> Columns,
    IReadOnlyList<ColumnDescription> ForecastColumns,
    int BaseHistoryDays,
    int DailyHistoryDays
)
{
    /// <summary>The description of this library.</summary>
    public static LibraryDescription Current { get; } =
        new(
            Exports.AbiVersion,
            BuiltInPolicies.Default.Model,
            [.. BuiltInPolicies.All.Select(policy => policy.Name)],
            [.. Timeframe.Known.Select(timeframe => timeframe.Name)],
            [.. Backtest.Data.OutsideKinds.Names.Keys],
            CandleColumns.Times,
            Describe(AssessmentColumns.Files),
            Describe(Remora.Columns.ForecastColumns.All),
            RequiredHistory.Base.Days,
            RequiredHistory.Daily.Days
        );

    private static ColumnDescription[] Describe(IReadOnlyList<Column<Assessment>> columns) =>
        [
            .. columns.Select(column => new ColumnDescription(
                column.Name,
                column.Kind,
                column.IsOptional,
                column.DependsOnSide
            )),
        ];
}

/// <summary>A column of assessments.</summary>
internal sealed record ColumnDescription(string Name, ValueKind Kind, bool Optional, bool DependsOnSide);

/// <summary>The types of the library that are written or read as JSON.</summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(EngineOptions))]
[JsonSerializable(typeof(OutsideOption[]))]
[JsonSerializable(typeof(LibraryDescription))]
[JsonSerializable(typeof(BookQuestion))]
[JsonSerializable(typeof(BookAnswer))]
internal sealed partial class NativeJson : JsonSerializerContext
{
    public static NativeJson Shared { get; } =
        new(RemoraJson.NewOptions(RemoraJson.EnumNames<ValueKind>(), RemoraJson.EnumNames<BookKind>()));
}
