using System.Text;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Remora.Sandbox;

/// <summary>The types that the sandbox reads as JSON. It writes JSON nodes.</summary>
[JsonSerializable(typeof(Dictionary<string, double>))]
internal sealed partial class SandboxJson : JsonSerializerContext
{
    /// <summary>Returns the UTF-8 text of a node.</summary>
    public static byte[] Bytes(JsonNode node) => Encoding.UTF8.GetBytes(node.ToJsonString());
}
