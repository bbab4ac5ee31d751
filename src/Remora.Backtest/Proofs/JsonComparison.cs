using System.Text.Json;

namespace Remora.Backtest.Proofs;

/// <summary>Compares two JSON values field by field.</summary>
internal static class JsonComparison
{
    /// <summary>Returns the fields that differ, in the order of the answer.</summary>
    public static IEnumerable<FieldDifference> Of(JsonElement answered, JsonElement computed, string path = "")
    {
        if (answered.ValueKind != computed.ValueKind)
            return [new(path, answered.GetRawText(), computed.GetRawText())];
        return answered.ValueKind switch
        {
            JsonValueKind.Object => OfObjects(answered, computed, path),
            JsonValueKind.Array => OfArrays(answered, computed, path),
            _ => answered.GetRawText() == computed.GetRawText()
                ? []
                : [new(path, answered.GetRawText(), computed.GetRawText())],
        };
    }

    private static IEnumerable<FieldDifference> OfObjects(JsonElement answered, JsonElement computed, string path)
    {
        foreach (var field in answered.EnumerateObject())
        {
            var name = path.Length == 0 ? field.Name : $"{path}.{field.Name}";
            if (!computed.TryGetProperty(field.Name, out var other))
                yield return new(name, field.Value.GetRawText(), null);
            else
                foreach (var difference in Of(field.Value, other, name))
                    yield return difference;
        }
        foreach (var field in computed.EnumerateObject())
            if (!answered.TryGetProperty(field.Name, out _))
                yield return new(
                    path.Length == 0 ? field.Name : $"{path}.{field.Name}",
                    null,
                    field.Value.GetRawText()
                );
    }

    private static IEnumerable<FieldDifference> OfArrays(JsonElement answered, JsonElement computed, string path)
    {
        var (one, other) = (answered.GetArrayLength(), computed.GetArrayLength());
        for (var i = 0; i < Math.Max(one, other); i++)
        {
            var name = $"{path}[{i}]";
            if (i >= one)
                yield return new(name, null, computed[i].GetRawText());
            else if (i >= other)
                yield return new(name, answered[i].GetRawText(), null);
            else
                foreach (var difference in Of(answered[i], computed[i], name))
                    yield return difference;
        }
    }
}
