using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Http;
using Remora.Bots.Tests;

namespace Remora.Notify.Tests;

/// <summary>How a stand-in answers.</summary>
internal enum Mood
{
    Accepts,
    Fails,
    Refuses,
}

/// <summary>A notification service on this machine, with recorded answers.</summary>
internal abstract class StandIn : IAsyncDisposable
{
    private volatile int _mood;

    public Mood Mood
    {
        get => (Mood)_mood;
        set => _mood = (int)value;
    }

    /// <summary>The notifier's URL, with secrets.</summary>
    public abstract string Url { get; }

    /// <summary>The parts of the URL that must not appear anywhere.</summary>
    public abstract IReadOnlyList<string> Secrets { get; }

    public virtual NotifierOptions Options => new() { Timeout = TimeSpan.FromSeconds(30) };

    /// <summary>All attempts, as they were on the wire.</summary>
    public ConcurrentQueue<string> Attempts { get; } = new();

    /// <summary>The attempts that were accepted.</summary>
    public ConcurrentQueue<string> Taken { get; } = new();

    public abstract ValueTask DisposeAsync();
}

/// <summary>A notification service over HTTP.</summary>
internal sealed class HttpStandIn : StandIn
{
    private readonly Dictionary<Mood, (int Status, string Body)> _answers;
    private readonly Func<Uri, string> _url;
    private readonly Func<Uri, NotifierOptions, NotifierOptions> _options;
    private LoopbackServer _server = null!;

    private HttpStandIn(
        Dictionary<Mood, (int Status, string Body)> answers,
        Func<Uri, string> url,
        Func<Uri, NotifierOptions, NotifierOptions> options,
        IReadOnlyList<string> secrets
    ) => (_answers, _url, _options, Secrets) = (answers, url, options, secrets);

    public override string Url => _url(_server.Url);

    public override IReadOnlyList<string> Secrets { get; }

    public override NotifierOptions Options => _options(_server.Url, base.Options);

    /// <summary>The header that is sent with answers of <see cref="Mood.Fails"/>.</summary>
    public string? RetryAfter { get; set; }

    public static async Task<StandIn> StartAsync(
        Dictionary<Mood, (int Status, string Body)> answers,
        Func<Uri, string> url,
        Func<Uri, NotifierOptions, NotifierOptions> options,
        params IReadOnlyList<string> secrets
    )
    {
        var standIn = new HttpStandIn(answers, url, options, secrets);
        standIn._server = await LoopbackServer.StartAsync(standIn.AnswerAsync);
        return standIn;
    }

    public override ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
        var body = await reader.ReadToEndAsync();
        var request = context.Request;
        var authorization = request.Headers.Authorization.ToString();
        var attempt =
            $"{request.Method} {request.Path} {request.ContentType}{(authorization == "" ? "" : " " + authorization)}\n"
            + body;
        var mood = Mood;
        Attempts.Enqueue(attempt);
        if (mood == Mood.Accepts)
            Taken.Enqueue(attempt);
        context.Response.StatusCode = _answers[mood].Status;
        if (mood == Mood.Fails && RetryAfter is { } wait)
            context.Response.Headers.RetryAfter = wait;
        await context.Response.WriteAsync(_answers[mood].Body);
    }
}
