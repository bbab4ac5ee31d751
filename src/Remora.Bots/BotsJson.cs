using System.Text.Json.Serialization;
using Remora.Bots.Freqtrade;
using Remora.Bots.Webhooks;

namespace Remora.Bots;

/// <summary>The types that are sent to bots as JSON.</summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(WebhookEvent))]
[JsonSerializable(typeof(IEnumerable<LockRequest>))]
internal sealed partial class BotsJson : JsonSerializerContext
{
    public static BotsJson Shared { get; } = new(RemoraJson.NewOptions());
}
