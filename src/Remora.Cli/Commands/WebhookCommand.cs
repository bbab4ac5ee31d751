using System.CommandLine;
using Remora.Bots.Webhooks;

namespace Remora.Cli.Commands;

/// <summary><c>remora webhook test</c>: sends one signed event to test a receiver.</summary>
internal static class WebhookCommand
{
    public static Command Create() =>
        new("webhook", "Tests receivers of webhooks. Webhooks are configured in the settings file of 'remora serve'.")
        {
            Test(),
        };

    private static Command Test()
    {
        var url = new Argument<Uri>("URL")
        {
            Description = "Address of the receiver",
            CustomParser = result =>
            {
                if (
                    Uri.TryCreate(result.Tokens[0].Value, UriKind.Absolute, out var address)
                    && address.Scheme is "http" or "https"
                )
                    return address;
                result.AddError(
                    $"'{result.Tokens[0].Value}' is not an address: expected an address such as "
                        + $"http://127.0.0.1:9100/remora"
                );
                return null;
            },
        };
        var secret = new Option<string>("--secret-env")
        {
            Description = "Environment variable that contains the secret",
            HelpName = "NAME",
            DefaultValueFactory = _ => "WEBHOOK_SECRET",
        };
        var command = new Command(
            "test",
            "Sends one signed test event. Exit code: 0 if the receiver accepts it, 3 otherwise."
        )
        {
            url,
            secret,
        };
        command.SetAction(
            async (parsed, cancellation) =>
            {
                var variable = parsed.GetValue(secret)!;
                if (Environment.GetEnvironmentVariable(variable) is not { Length: > 0 } value)
                    return Terminal.Fail(
                        $"the environment variable {variable} is not set: set it to the secret, or name another "
                            + $"variable with --secret-env",
                        ExitCode.Usage
                    );
                using var sender = new WebhookSender(new(parsed.GetValue(url)!, value), TimeProvider.System);
                var outcome = await sender.TestAsync(cancellation);
                Console.WriteLine($"{(outcome.IsAccepted ? "accepted" : "not accepted")}: {outcome.Detail}");
                return outcome.IsAccepted ? ExitCode.Ok : ExitCode.Unavailable;
            }
        );
        return command;
    }
}
