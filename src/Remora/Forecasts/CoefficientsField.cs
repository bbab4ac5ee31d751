using System.Collections.Immutable;
using System.Text.Json;
using Remora.Markets;

namespace Remora.Forecasts;

/// <summary>A value of the file with its path, for messages.</summary>
internal readonly record struct CoefficientsField(string Path, JsonElement Value)
{
    public CoefficientsField this[string name] =>
        Value.TryGetProperty(name, out var value)
            ? new(Path.Length == 0 ? name : $"{Path}.{name}", value)
            : throw new CoefficientsException($"{(Path.Length == 0 ? "" : Path + ".")}{name}: the field is missing");

    /// <summary>Returns a field that may be missing.</summary>
    public CoefficientsField? Find(string name) => Value.TryGetProperty(name, out _) ? this[name] : null;

    public void ExpectOnly(params string[] names)
    {
        if (Value.ValueKind != JsonValueKind.Object)
            throw Error("must be an object");
        foreach (var property in Value.EnumerateObject())
            if (!names.Contains(property.Name, StringComparer.Ordinal))
                throw this[property.Name].Error($"unknown field, expected one of {string.Join(", ", names)}");
    }

    public IEnumerable<CoefficientsField> Items()
    {
        if (Value.ValueKind != JsonValueKind.Array)
            throw Error("must be a list");
        var path = Path;
        return Value.EnumerateArray().Select((item, i) => new CoefficientsField($"{path}[{i}]", item));
    }

    public string Text() => Value.ValueKind == JsonValueKind.String ? Value.GetString()! : throw Error("must be text");

    public Instant Day() =>
        Text() is { Length: 10 } text && Instant.TryParse(text, out var day) && CoefficientsFile.DayOf(day) == text
            ? day
            : throw Error("must be a day such as 2025-07-01");

    public double Number(double least, double most) =>
        Value.ValueKind == JsonValueKind.Number
        && Value.TryGetDouble(out var number)
        && number >= least
        && number <= most
            ? number
            : throw Error(FormattableString.Invariant($"must be a number from {least} to {most}"));

    public ImmutableArray<double> Numbers(string[] names, double least, double most)
    {
        ExpectOnly(names);
        var values = new double[names.Length];
        for (var i = 0; i < values.Length; i++)
            values[i] = this[names[i]].Number(least, most);
        return [.. values];
    }

    public ImmutableArray<double> Numbers(int count, double least, double most)
    {
        ImmutableArray<double> numbers = [.. Items().Select(item => item.Number(least, most))];
        return numbers.Length == count ? numbers : throw Error($"must have {count} numbers, not {numbers.Length}");
    }

    public ClipBounds Bounds()
    {
        var numbers = Numbers(2, -1e3, 1e3);
        return numbers[0] <= numbers[1] ? new(numbers[0], numbers[1]) : throw Error("the bounds must ascend");
    }

    public CoefficientsException Error(string problem, Exception? inner = null) =>
        new($"{(Path.Length == 0 ? "the file" : Path)}: {problem}", inner);
}
