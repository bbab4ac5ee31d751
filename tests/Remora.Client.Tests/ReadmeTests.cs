using Remora.Testing;

namespace Remora.Client.Tests;

public sealed class ReadmeTests
{
    [Fact]
    public async Task The_readme_examples_compile_and_work()
    {
        await using var server = new FaultyServer();
        // No other test takes the address from the environment.
        Environment.SetEnvironmentVariable("REMORA_URL", server.Url);
        try
        {
            await ShownAsync();
        }
        finally
        {
            Environment.SetEnvironmentVariable("REMORA_URL", null);
        }
        Assert.Equal(2, server.Requests.Count);

        var here = await File.ReadAllTextAsync(Repository.PathOf("tests", "Remora.Client.Tests", "ReadmeTests.cs"));
        var readme = await File.ReadAllLinesAsync(Repository.PathOf("src", "Remora.Client", "README.md"));
        var shown = readme
            .SkipWhile(line => line != "```csharp")
            .Skip(1)
            .TakeWhile(line => line != "```")
            .Select(line => line.Split("//")[0].Trim())
            .Where(line => line.Length > 0 && !line.StartsWith("using Remora"))
            .ToList();
        Assert.Equal(6, shown.Count);
        Assert.All(shown, line => Assert.Contains(line, here));
    }

    private static async Task ShownAsync()
    {
        using var remora = new RemoraClient();
        if (await remora.IsSafeAsync("BTC/USDT"))
            Console.WriteLine("enter");

        var risk = await remora.RiskAsync("BTC/USDT", side: "short");
        Console.WriteLine($"{risk.SafeToTrade} {risk.RiskScore} {risk.Regime} {risk.Why}");
        Console.WriteLine(risk.Answered);
    }
}
