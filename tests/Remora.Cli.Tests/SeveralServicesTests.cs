using Remora.Cli.Tests.OpenApi;

namespace Remora.Cli.Tests;

/// <summary>Commands with several addresses use the next one when one does not answer.</summary>
[Collection<RunningSandbox.Tests>]
public sealed class SeveralServicesTests(RunningSandbox service)
{
    private const string Closed = "http://127.0.0.1:1";

    [Fact]
    public async Task The_next_service_answers()
    {
        var (exit, output, errors) = await RemoraProcess.RunAsync(
            "ask",
            "BTC/USDT",
            "--json",
            "--url",
            $"{Closed},{service.Url}"
        );
        Assert.True(exit is 0 or 1 or 4, errors);
        Assert.Contains("\"pair\":\"BTC/USDT\"", output, StringComparison.Ordinal);

        (exit, output, errors) = await RemoraProcess.RunAsync(
            new Dictionary<string, string> { ["REMORA_URL"] = $"{Closed}, {service.Url}" },
            "pairs"
        );
        Assert.True(exit == 0, errors);
        Assert.Contains("BTC/USDT", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_error_names_every_service()
    {
        var (exit, _, errors) = await RemoraProcess.RunAsync("ask", "--url", $"{Closed},http://127.0.0.1:2");
        Assert.Equal(3, exit);
        Assert.Contains(Closed, errors, StringComparison.Ordinal);
        Assert.Contains("http://127.0.0.1:2", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("reload", "concerns one service")]
    [InlineData("pairs add SOL/USDT", "concerns one service")]
    [InlineData("doctor", "concerns one service")]
    public async Task A_command_that_concerns_one_service_takes_one(string command, string named)
    {
        var (exit, _, errors) = await RemoraProcess.RunAsync([
            .. command.Split(' '),
            "--url",
            $"{Closed},{service.Url}",
        ]);
        Assert.Equal(2, exit);
        Assert.Contains(named, errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Addresses_are_all_as_safe()
    {
        var (exit, _, errors) = await RemoraProcess.RunAsync("ask", "--url", $"{service.Url},http://10.1.2.3:8000");
        Assert.Equal(2, exit);
        Assert.Contains(
            "http://10.1.2.3:8000 is neither https nor a loopback address",
            errors,
            StringComparison.Ordinal
        );
    }
}
