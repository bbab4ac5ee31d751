using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Remora.Feeds.Exchanges;

/// <summary>One request to the bridge process.</summary>
internal sealed record BridgeRequest(string Operation, string? Exchange = null)
{
    public string? Symbol { get; init; }

    public IReadOnlyList<string>? Symbols { get; init; }

    /// <summary>The id of the stream to stop.</summary>
    public long? Stream { get; init; }

    public string? Timeframe { get; init; }

    public long? Since { get; init; }

    public long? Until { get; init; }

    public int? Limit { get; init; }

    /// <summary>The current time of the clock that candles close by.</summary>
    public long? Now { get; init; }

    /// <summary>Returns the request as one line.</summary>
    public string ToLine(long id)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("id", id);
            json.WriteString("op", Operation);
            if (Exchange is not null)
                json.WriteString("exchange", Exchange);
            if (Symbol is not null)
                json.WriteString("symbol", Symbol);
            if (Symbols is not null)
            {
                json.WriteStartArray("symbols");
                foreach (var symbol in Symbols)
                    json.WriteStringValue(symbol);
                json.WriteEndArray();
            }
            if (Stream is { } stream)
                json.WriteNumber("stream", stream);
            if (Timeframe is not null)
                json.WriteString("timeframe", Timeframe);
            if (Since is { } since)
                json.WriteNumber("since", since);
            if (Until is { } until)
                json.WriteNumber("until", until);
            if (Limit is { } limit)
                json.WriteNumber("limit", limit);
            if (Now is { } now)
                json.WriteNumber("now", now);
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}

/// <summary>Parses the responses of the bridge process.</summary>
internal static class BridgeAnswer
{
    /// <summary>Parses an error.</summary>
    public static ExchangeException ErrorOf(JsonElement error)
    {
        var status = error.GetProperty("http_status");
        var retryAfter = error.GetProperty("retry_after");
        return new(
            ExchangeException.KindOf(error.GetProperty("kind").GetString()),
            error.GetProperty("message").GetString() ?? "",
            status.ValueKind == JsonValueKind.Number ? status.GetInt32() : null,
            retryAfter.ValueKind == JsonValueKind.Number
                ? TimeSpan.FromSeconds(Math.Min(retryAfter.GetDouble(), 86_400))
                : null
        );
    }

    /// <summary>Returns the process's settings in the format of its environment variable.</summary>
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
