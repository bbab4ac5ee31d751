using System.Text.Json.Serialization;
using Remora.Notify.Channels;

namespace Remora.Notify;

/// <summary>The types that are sent to notification services as JSON.</summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(TelegramMessage))]
[JsonSerializable(typeof(DiscordMessage))]
[JsonSerializable(typeof(SlackMessage))]
[JsonSerializable(typeof(NtfyMessage))]
internal sealed partial class NotifyJson : JsonSerializerContext
{
    public static NotifyJson Shared { get; } = new(RemoraJson.NewOptions());
}
