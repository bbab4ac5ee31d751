using System.Text.Json;
using System.Text.Json.Nodes;

namespace Remora.Feeds.Tests.Http;

/// <summary>A response with each of its parts damaged in turn.</summary>
internal static class Damage
{
    public static IEnumerable<string> Of(JsonElement whole)
    {
        foreach (var path in Paths(whole, []).Where(path => path.Length > 0))
        {
            foreach (var wrong in new[] { null, "\"x\"", "-1", "1e15", "1e400", "{}", "[]", "true" })
            {
                var copy = JsonNode.Parse(whole.GetRawText())!;
                Set(copy, path, wrong);
                yield return copy.ToJsonString();
            }
        }
    }

    private static IEnumerable<object[]> Paths(JsonElement element, object[] path)
    {
        yield return path;
        if (element.ValueKind == JsonValueKind.Object)
        {
            foreach (var property in element.EnumerateObject())
            foreach (var inner in Paths(property.Value, [.. path, property.Name]))
                yield return inner;
        }
        if (element.ValueKind == JsonValueKind.Array)
        {
            for (var i = 0; i < element.GetArrayLength(); i++)
                foreach (var inner in Paths(element[i], [.. path, i]))
                    yield return inner;
        }
    }

    /// <summary>Replaces the value at a path, or removes it if the replacement is null.</summary>
    private static void Set(JsonNode root, object[] path, string? wrong)
    {
        var parent = path[..^1].Aggregate(root, (node, step) => step is int index ? node[index]! : node[(string)step]!);
        if (parent is JsonArray list)
        {
            if (wrong is null)
                list.RemoveAt((int)path[^1]);
            else
                list[(int)path[^1]] = JsonNode.Parse(wrong);
        }
        else if (wrong is null)
        {
            parent.AsObject().Remove((string)path[^1]);
        }
        else
        {
            parent[(string)path[^1]] = JsonNode.Parse(wrong);
        }
    }
}
