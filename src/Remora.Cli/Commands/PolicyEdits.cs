using System.Text.Json;
using System.Text.Json.Nodes;
using Remora.Backtest;
using Remora.Risk;

namespace Remora.Cli.Commands;

/// <summary>Changes fields of a policy that are named as in its file.</summary>
internal static class PolicyEdits
{
    /// <summary>
    /// Returns a policy with other values: <c>block_from=0.85</c>,
    /// <c>decision.blocking_flags=panic,extreme_fear</c>.
    /// </summary>
    /// <param name="policy">The policy.</param>
    /// <param name="edits">The fields and their values.</param>
    /// <param name="name">The name of the changed policy.</param>
    /// <exception cref="BacktestException">An edit is not FIELD=VALUE.</exception>
    /// <exception cref="PolicyException">A field or a value is not allowed.</exception>
    public static RiskPolicy Apply(RiskPolicy policy, IReadOnlyList<string> edits, string name)
    {
        var root = JsonNode.Parse(PolicyFile.Write(policy))!.AsObject();
        foreach (var edit in edits)
        {
            var at = edit.IndexOf('=');
            if (at < 1)
                throw new BacktestException($"--set '{edit}': expected FIELD=VALUE such as block_from=0.85");
            var (path, value) = (edit[..at].Split('.'), edit[(at + 1)..]);
            var parent = root;
            foreach (var part in path[..^1])
                if (parent[part] is JsonObject inner)
                    parent = inner;
                else
                {
                    // The parser of policies names the fields that exist.
                    var unknown = new JsonObject();
                    parent[part] = unknown;
                    parent = unknown;
                }
            parent[path[^1]] = ValueOf(value, isList: parent[path[^1]] is JsonArray);
        }
        root["name"] = name;
        return PolicyFile.Parse(JsonSerializer.SerializeToUtf8Bytes(root, CliJson.Shared.JsonObject));
    }

    private static JsonNode? ValueOf(string text, bool isList)
    {
        if (isList)
            return new JsonArray([
                .. text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                    .Select(item => (JsonNode)item),
            ]);
        return
            double.TryParse(
                text,
                System.Globalization.NumberStyles.Float,
                System.Globalization.CultureInfo.InvariantCulture,
                out var number
            ) && double.IsFinite(number)
            ? number == Math.Floor(number) && Math.Abs(number) < 1e9
                ? (JsonNode)(int)number
                : number
            : text;
    }
}
