using System.Net;

namespace Remora.Server.Tests;

/// <summary>A client of the event stream, according to the standard.</summary>
internal sealed class EventStream : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private readonly HttpResponseMessage _response;
    private readonly System.IO.StreamReader _lines;

    private EventStream(HttpResponseMessage response, Stream stream) => (_response, _lines) = (response, new(stream));

    public HttpResponseMessage Response => _response;

    public static async Task<EventStream> OpenAsync(HttpClient http, string query = "", string? lastEventId = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/stream" + query);
        if (lastEventId is not null)
            request.Headers.Add("Last-Event-ID", lastEventId);
        var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).WaitAsync(Patience);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return new(response, await response.Content.ReadAsStreamAsync());
    }

    /// <summary>Returns the next event; null at the end.</summary>
    public async Task<StreamedEvent?> NextAsync()
    {
        string name = "",
            id = "",
            data = "";
        while (true)
        {
            var line = await _lines.ReadLineAsync().WaitAsync(Patience);
            if (line is null)
                return null;
            if (line.Length == 0)
            {
                if (data.Length > 0)
                    return new(name, id, data);
                continue;
            }
            if (line[0] == ':')
                return new("comment", "", line);
            var colon = line.IndexOf(':');
            var value = line[(colon + 2)..];
            switch (line[..colon])
            {
                case "event":
                    name = value;
                    break;
                case "id":
                    id = value;
                    break;
                case "data":
                    data = value;
                    break;
                case "retry":
                    Assert.InRange(int.Parse(value), 1000, 5000);
                    break;
                default:
                    Assert.Fail(line);
                    break;
            }
        }
    }

    /// <summary>Returns the next event for which the condition is true.</summary>
    public async Task<StreamedEvent> UntilAsync(Func<StreamedEvent, bool> holds)
    {
        while (true)
        {
            var next = await NextAsync();
            Assert.NotNull(next);
            if (holds(next))
                return next;
        }
    }

    public ValueTask DisposeAsync()
    {
        _lines.Dispose();
        _response.Dispose();
        return ValueTask.CompletedTask;
    }
}

internal sealed record StreamedEvent(string Name, string Id, string Data);
