using System.Globalization;
using System.Net;
using System.Net.Sockets;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;

namespace Remora.Notify.Channels;

/// <summary>
/// Sends messages by e-mail over SMTP. A password is sent only over TLS, unless <c>mode</c> is
/// <c>insecure</c>.
/// </summary>
internal sealed class EmailNotifier : INotifier
{
    private const int LargestPort = 65_535;
    private const int MostReceivers = 20;

    // Providers whose server is not at the address's domain. They all require the whole address as
    // the user.
    private static readonly Dictionary<string, string> Servers = new(StringComparer.OrdinalIgnoreCase)
    {
        ["gmail.com"] = "smtp.gmail.com",
        ["googlemail.com"] = "smtp.gmail.com",
        ["yahoo.com"] = "smtp.mail.yahoo.com",
        ["fastmail.com"] = "smtp.fastmail.com",
        ["icloud.com"] = "smtp.mail.me.com",
    };

    private readonly Account _account;
    private readonly TimeSpan _timeout;

    private EmailNotifier(Account account, TimeSpan timeout) => (_account, _timeout) = (account, timeout);

    public static NotifierKind Kind { get; } =
        new(
            "email",
            ["mailto", "mailtos"],
            "mailto://[USER:PASSWORD@]HOST[:PORT][?to=ADDRESS&from=ADDRESS&smtp=HOST&user=NAME"
                + "&mode=starttls|ssl|insecure]",
            ["to", "from", "smtp", "user", "pass", "mode"],
            Read
        );

    public async Task<Delivery> SendAsync(Message message, CancellationToken cancellation)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        timeout.CancelAfter(_timeout);
        try
        {
            using var client = new SmtpClient();
            await client.ConnectAsync(_account.Host, _account.Port, _account.Security, timeout.Token);
            if (_account is { User: { } user, Password: { } password })
                await client.AuthenticateAsync(new NetworkCredential(user, password), timeout.Token);
            using var mail = MailOf(message);
            await client.SendAsync(mail, timeout.Token);
            await QuitAsync(client, timeout.Token);
            return Delivery.Accepted("the mail server accepted the message");
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return Delivery.Failed($"the mail server did not answer within {_timeout.TotalSeconds:0.###} s");
        }
        catch (SmtpCommandException e)
        {
            var detail = $"the mail server returned {(int)e.StatusCode}";
            return (int)e.StatusCode is >= 400 and < 500 ? Delivery.Failed(detail) : Delivery.Refused(detail);
        }
        catch (AuthenticationException)
        {
            return Delivery.Refused("the mail server refused user and password");
        }
        catch (NotSupportedException)
        {
            return Delivery.Refused("the mail server offers no TLS, or no login that is supported");
        }
        catch (SslHandshakeException)
        {
            return Delivery.Refused("TLS with the mail server failed: its certificate or protocol is not accepted");
        }
        catch (Exception e)
            when (e is IOException or SocketException or ProtocolException or ServiceNotConnectedException)
        {
            return Delivery.Failed($"the mail server cannot be reached: {e.GetType().Name}");
        }
    }

    public void Dispose()
    {
        // Each message has its own connection.
    }

    private MimeMessage MailOf(Message message)
    {
        var mail = new MimeMessage { Subject = message.Title };
        mail.From.Add(new MailboxAddress("Remora", _account.From));
        foreach (var to in _account.To)
            mail.To.Add(new MailboxAddress("", to));
        var link = message.Link is null ? "" : "\n\n" + message.Link.AbsoluteUri;
        mail.Body = new TextPart("plain") { Text = message.Text + link + "\n" };
        mail.Headers.Add(HeaderId.AutoSubmitted, "auto-generated");
        return mail;
    }

    /// <summary>Ends the session. The message is accepted already, so errors are ignored.</summary>
    private static async Task QuitAsync(SmtpClient client, CancellationToken cancellation)
    {
        try
        {
            await client.DisconnectAsync(quit: true, cancellation);
        }
        catch (Exception e) when (e is IOException or ProtocolException or OperationCanceledException) { }
    }

    private static List<Func<NotifierOptions, INotifier>>? Read(NotifierUrl url)
    {
        var (domain, port) = Split(url.Host);
        if (domain is null || url.Path.Count > 0)
            return null;
        var known = Servers.GetValueOrDefault(domain);
        var password = url.Parameter("pass") ?? url.Password;
        var own = url.User is { } name ? $"{name}@{domain}" : null;
        var from = url.Parameter("from") ?? own;
        var to =
            url.Parameter("to")?.Split(',', StringSplitOptions.RemoveEmptyEntries) ?? (from is null ? null : [from]);
        if (from is null || to is null || !IsAddress(from) || !to.All(IsAddress) || to.Length > MostReceivers)
            throw new FormatException(
                $"email: expected a valid sender and receivers: USER@HOST, or 'from' and 'to' (at most {MostReceivers})"
            );
        var host = url.Parameter("smtp") ?? known ?? domain;
        if (Uri.CheckHostName(host) == UriHostNameType.Unknown)
            throw new FormatException("email: 'smtp' is not a host name");
        var user = url.Parameter("user") ?? (known is null ? url.User : own);
        var mode = url.Parameter("mode") ?? (port == 465 ? "ssl" : "starttls");
        SecureSocketOptions? security = mode switch
        {
            "ssl" => SecureSocketOptions.SslOnConnect,
            "insecure" => SecureSocketOptions.None,
            "starttls" when url.Scheme == "mailtos" || password is not null => SecureSocketOptions.StartTls,
            "starttls" => SecureSocketOptions.StartTlsWhenAvailable,
            _ => throw new FormatException("email: 'mode' is invalid: expected starttls, ssl or insecure"),
        };
        var account = new Account(
            host,
            port
                ?? (
                    mode switch
                    {
                        "ssl" => 465,
                        "insecure" => 25,
                        _ => 587,
                    }
                ),
            security.Value,
            password is null ? null : user,
            password,
            from,
            to
        );
        return [options => new EmailNotifier(account, options.Timeout)];
    }

    private static (string? Host, int? Port) Split(string authority)
    {
        var colon = authority.IndexOf(':');
        var host = colon < 0 ? authority : authority[..colon];
        if (Uri.CheckHostName(host) == UriHostNameType.Unknown)
            return (null, null);
        if (colon < 0)
            return (host, null);
        return
            int.TryParse(authority.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            && port is > 0 and <= LargestPort
            ? (host, port)
            : (null, null);
    }

    private static bool IsAddress(string text) =>
        MailboxAddress.TryParse(text, out var mailbox) && mailbox.Address == text && text.Contains('@');

    private sealed record Account(
        string Host,
        int Port,
        SecureSocketOptions Security,
        string? User,
        string? Password,
        string From,
        IReadOnlyList<string> To
    );
}
