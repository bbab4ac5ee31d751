using System.Text.Json;
using Remora.Csv;
using Remora.Feeds.Http;
using Remora.Feeds.Time;
using Remora.Markets;

namespace Remora.Feeds.History;

/// <summary>
/// Daily values of a source over HTTP. A value is dated by its day and knowable from the moment
/// that the live feed of the source counts for it.
/// </summary>
/// <param name="source">The source, with the address of its past.</param>
/// <param name="column">The column of the value.</param>
/// <param name="pauses">Whether days without a value are usual: weekends and holidays.</param>
/// <param name="longestPage">The longest span of one response.</param>
/// <param name="http">A client of <see cref="OutsideHttp"/>.</param>
/// <param name="options">Limits of the requests, and the local server that replaces the
/// source.</param>
/// <param name="clock">The clock.</param>
internal sealed class DailyHistory(
    HttpPast source,
    string column,
    bool pauses,
    TimeSpan longestPage,
    HttpClient http,
    HttpSourceOptions options,
    TimeProvider clock
) : HistorySeries
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    /// <summary>Sources publish a value late now and then, after weekends and holidays.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromDays(4);

    private readonly BoundedGet _get = new(http, source.Url, null, options, clock);

    /// <inheritdoc/>
    public override string Header => $"timestamp,date,{column},{HistoryLayout.KnowableAt}";

    /// <inheritdoc/>
    public override TimeSpan? Step => pauses ? null : Day;

    /// <inheritdoc/>
    public override Instant SettledAt(Instant now) => (now - Settling).Floor(Day);

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
        var to = end - from > longestPage ? from + longestPage : end;
        var answer = await _get.SendAsync(null, source.Query?.Invoke(from, to), cancellation);
        var now = clock.Now();
        var rows = new List<HistoryRow>();
        Instant? before = null;
        foreach (var reading in source.Read(JsonElement.Parse(answer.Body), now))
        {
            var day = reading.HeldAt.Floor(Day);
            if (reading.HeldAt > now)
                throw new FormatException($"the value of {day} is in the future");
            if (before is { } earlier && day <= earlier)
                throw new FormatException(day == earlier ? $"{day} is a duplicate" : $"{day} comes after {earlier}");
            before = day;
            if (day >= from && day < to)
                rows.Add(new(day, DatedRow.Text(day, reading.Value, reading.HeldAt)));
        }
        return new(rows, to);
    }
}

/// <summary>The past of a source over HTTP.</summary>
/// <param name="Url">The address.</param>
/// <param name="Query">Returns what a request of a span appends to the query; null if every
/// response has the whole past.</param>
/// <param name="Read">Returns the published values of a response, ascending. Throws a
/// <see cref="FormatException"/> that names what is wrong with it.</param>
internal sealed record HttpPast(
    Uri Url,
    Func<Instant, Instant, string>? Query,
    Func<JsonElement, Instant, IEnumerable<SourceReading>> Read
);
