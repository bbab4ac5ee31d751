using System.CommandLine;
using Remora.Notify;
using Remora.Server.Settings;

namespace Remora.Cli.Commands;

/// <summary><c>remora notify test</c>: sends one message to each notifier.</summary>
internal static class NotifyCommand
{
    public static Command Create() =>
        new("notify", "Tests notifiers: Telegram, Discord, Slack, ntfy, e-mail. 'remora serve' sends messages to them.")
        {
            Test(),
        };

    private static Command Test()
    {
        var urls = new Argument<string[]>("URL")
        {
            Description =
                $"URLs of the notifiers, such as ntfy://TOPIC [default: those in {NotifySettings.Variable}]. Other "
                + "users of this machine can read arguments",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var command = new Command(
            "test",
            "Sends a test message to each notifier. Exit code: 0 if all accept it, 3 otherwise."
        )
        {
            urls,
        };
        command.SetAction(
            async (parsed, cancellation) =>
            {
                try
                {
                    var given = parsed.GetValue(urls) ?? [];
                    var addresses =
                        given.Length > 0
                            ? NotifierAddress.Parse(string.Join(' ', given), "URL")
                            : NotifierAddress.Parse(
                                Environment.GetEnvironmentVariable(NotifySettings.Variable) ?? "",
                                NotifySettings.Variable
                            );
                    return addresses.Count == 0
                        ? Terminal.Fail(
                            $"no notifier: name its URL, or set {NotifySettings.Variable} to {NotifierAddress.Allowed}",
                            ExitCode.Usage
                        )
                        : await SendAsync(addresses, cancellation);
                }
                catch (FormatException e)
                {
                    return Terminal.Fail(e.Message, ExitCode.Usage);
                }
            }
        );
        return command;
    }

    private static async Task<int> SendAsync(IReadOnlyList<NotifierAddress> addresses, CancellationToken cancellation)
    {
        var accepted = 0;
        foreach (var (name, address) in Outboxes.NamesOf(addresses).Zip(addresses))
        {
            using var notifier = address.Open(new());
            var outcome = await notifier.SendAsync(Message.Test, cancellation);
            Console.WriteLine($"{name}: {(outcome.IsAccepted ? "accepted" : "not accepted")}: {outcome.Detail}");
            accepted += outcome.IsAccepted ? 1 : 0;
        }
        return accepted == addresses.Count ? ExitCode.Ok : ExitCode.Unavailable;
    }
}
