using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Remora.Notify.Tests;

/// <summary>A mail server on this machine: the commands of RFC 5321 that a client sends.</summary>
internal sealed class SmtpStandIn : StandIn
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly string _parameters;
    private readonly Task _running;

    public SmtpStandIn(string parameters = "mode=insecure")
    {
        _parameters = parameters;
        _listener.Start();
        _running = RunAsync();
    }

    public override string Url =>
        $"mailto://remora:p4ssw0rd@127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}"
        + $"?from=remora@example.org&to=you@example.org&{_parameters}";

    public override IReadOnlyList<string> Secrets => ["p4ssw0rd", "you@example.org"];

    /// <summary>Whether the server accepts the password.</summary>
    public bool AcceptsPassword { get; init; } = true;

    public override async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _running;
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                using var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                await using var stream = client.GetStream();
                await ServeAsync(stream);
            }
            catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
            {
                // The client or the test has ended.
            }
        }
    }

    private async Task ServeAsync(Stream stream)
    {
        using var reader = new StreamReader(stream, Encoding.UTF8);
        var session = new StringBuilder();
        var mood = Mood;
        await SayAsync("220 mail.example.org ESMTP");
        while (await reader.ReadLineAsync(_stop.Token) is { } line)
        {
            session.Append(line).Append('\n');
            var command = line.Split(' ')[0].ToUpperInvariant();
            switch (command)
            {
                case "EHLO":
                    await SayAsync("250-mail.example.org\r\n250-8BITMIME\r\n250 AUTH PLAIN");
                    break;
                case "AUTH":
                    await SayAsync(AcceptsPassword ? "235 2.7.0 accepted" : "535 5.7.8 credentials invalid");
                    break;
                case "MAIL" when mood == Mood.Fails:
                    Attempts.Enqueue(session.ToString());
                    await SayAsync("451 4.3.0 try again later");
                    break;
                case "RCPT" when mood == Mood.Refuses:
                    Attempts.Enqueue(session.ToString());
                    await SayAsync("550 5.1.1 <you@example.org>: no such user p4ssw0rd");
                    break;
                case "DATA":
                    await SayAsync("354 end with a dot");
                    while (await reader.ReadLineAsync(_stop.Token) is { } content && content != ".")
                        session.Append(content).Append('\n');
                    Attempts.Enqueue(session.ToString());
                    Taken.Enqueue(session.ToString());
                    await SayAsync("250 2.0.0 queued");
                    break;
                case "QUIT":
                    await SayAsync("221 bye");
                    return;
                default:
                    await SayAsync("250 ok");
                    break;
            }
        }
        if (!session.ToString().Contains("MAIL"))
            Attempts.Enqueue(session.ToString());

        async Task SayAsync(string answer) =>
            await stream.WriteAsync(Encoding.ASCII.GetBytes(answer + "\r\n"), _stop.Token);
    }
}
