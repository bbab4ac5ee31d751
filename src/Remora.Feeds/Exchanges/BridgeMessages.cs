using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Remora.Feeds.Exchanges;

/// <summary>One request to the bridge process.</summary>
internal sealed record BridgeRequest(string Operation, string? Exchange = null)
{
    public string? Symbol { get; init; }

    public IReadOnlyList<string>? Symbols { get; init; }

    /// <summary>The stream to stop.</summary>
    public long? Stream { get; init; }

    public string? Timeframe { get; init; }

    public long? Since { get; init; }

    public int? Limit { get; init; }

    /// <summary>The time of the clock that the candles close by.</summary>
    public long? Now { get; init; }

    /// <summary>The request as one line.</summary>
    public string ToLine(long id)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("id", id);
            json.WriteString("op", Operation);
            if (Exchange is not null) json.WriteString("exchange", Exchange);
            if (Symbol is not null) json.WriteString("symbol", Symbol);
            if (Symbols is not null)
            {
                json.WriteStartArray("symbols");
                foreach (var symbol in Symbols) json.WriteStringValue(symbol);
                json.WriteEndArray();
            }
            if (Stream is { } stream) json.WriteNumber("stream", stream);
            if (Timeframe is not null) json.WriteString("timeframe", Timeframe);
            if (Since is { } since) json.WriteNumber("since", since);
            if (Limit is { } limit) json.WriteNumber("limit", limit);
            if (Now is { } now) json.WriteNumber("now", now);
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}

/// <summary>Reads what the bridge process answers.</summary>
internal static class BridgeAnswer
{
    /// <summary>An error as the process wrote it.</summary>
    public static ExchangeException ErrorOf(JsonElement error)
    {
        var status = error.GetProperty("http_status");
        var retryAfter = error.GetProperty("retry_after");
        return new(
            ExchangeException.KindOf(error.GetProperty("kind").GetString()),
            error.GetProperty("message").GetString() ?? "",
            status.ValueKind == JsonValueKind.Number ? status.GetInt32() : null,
            retryAfter.ValueKind == JsonValueKind.Number ? TimeSpan.FromSeconds(Math.Min(retryAfter.GetDouble(), 86_400)) : null);
    }

    /// <summary>The process's settings, as it reads them from its environment.</summary>
    public static string SettingsOf(CcxtBridgeOptions options)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("baseUrl", options.BaseUrl?.ToString());
            json.WriteNumber("requestDeadline", (long)options.RequestDeadline.TotalMilliseconds);
            json.WriteNumber("callDeadline", (long)options.CallDeadline.TotalMilliseconds);
            json.WriteNumber("maxResponseBytes", options.MaxResponseBytes);
            json.WriteNumber("streamKeepAlive", (long)options.StreamKeepAlive.TotalMilliseconds);
            json.WriteNumber("streamBeat", (long)(options.StreamKeepAlive.TotalMilliseconds / 3));
            json.WriteNumber("collectInterval", (long)options.CollectInterval.TotalMilliseconds);
            json.WriteBoolean("rateLimit", options.RateLimit);
            json.WriteBoolean("allowDebugOperations", options.AllowDebugOperations);
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
