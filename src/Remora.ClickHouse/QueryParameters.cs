using System.Collections;
using System.Globalization;
using System.Text;

namespace Remora.ClickHouse;

/// <summary>
/// Values for the placeholders <c>{name:Type}</c> in a query. They are sent separately, and the
/// server parses them as values, never as SQL.
/// </summary>
public sealed class QueryParameters : IEnumerable<KeyValuePair<string, string>>
{
    private readonly List<KeyValuePair<string, string>> _values = [];

    public QueryParameters Add(string name, string? value) => AddText(name, value is null ? "\\N" : Escape(value));

    public QueryParameters Add(string name, long value) => AddText(name, value.ToString(CultureInfo.InvariantCulture));

    public QueryParameters Add(string name, ulong value) => AddText(name, value.ToString(CultureInfo.InvariantCulture));

    public QueryParameters Add(string name, double value) =>
        AddText(name, value.ToString("R", CultureInfo.InvariantCulture));

    public QueryParameters Add(string name, bool value) => AddText(name, value ? "true" : "false");

    /// <summary>
    /// Adds a time for DateTime or DateTime64: seconds since 1970, with a fraction if there is one.
    /// </summary>
    public QueryParameters Add(string name, DateTimeOffset value)
    {
        var ticks = value.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks;
        var (seconds, rest) = Math.DivRem(ticks, TimeSpan.TicksPerSecond); // 10 digits; fewer are parsed as a date
        return AddText(
            name,
            rest == 0
                ? seconds.ToString("D10", CultureInfo.InvariantCulture)
                : string.Create(CultureInfo.InvariantCulture, $"{seconds:D10}.{rest:D7}")
        );
    }

    /// <summary>
    /// Adds an Array(String). The server parses its text as a whole, so only the strings in it are
    /// escaped.
    /// </summary>
    public QueryParameters Add(string name, IEnumerable<string> values) =>
        AddText(
            name,
            "["
                + string.Join(
                    ',',
                    values.Select(value => $"'{Escape(value).Replace("'", "\\'", StringComparison.Ordinal)}'")
                )
                + "]"
        );

    /// <summary>Adds the values of other parameters.</summary>
    public QueryParameters AddAll(QueryParameters others)
    {
        _values.AddRange(others._values);
        return this;
    }

    public IEnumerator<KeyValuePair<string, string>> GetEnumerator() => _values.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private QueryParameters AddText(string name, string text)
    {
        foreach (var letter in name)
            if (!char.IsAsciiLetterOrDigit(letter) && letter != '_')
                throw new ArgumentException(
                    $"invalid parameter name '{name}': use letters, digits and _",
                    nameof(name)
                );
        _values.Add(new(name, text));
        return this;
    }

    // The server parses values like TabSeparated fields.
    private static string Escape(string value)
    {
        var text = new StringBuilder(value.Length + 8);
        foreach (var letter in value)
        {
            _ = letter switch
            {
                '\\' => text.Append("\\\\"),
                '\t' => text.Append("\\t"),
                '\n' => text.Append("\\n"),
                '\r' => text.Append("\\r"),
                '\0' => text.Append("\\0"),
                _ => text.Append(letter),
            };
        }
        return text.ToString();
    }
}
