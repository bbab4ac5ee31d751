using System.Text.Json;
using Remora.Testing;

namespace Remora.Client.Tests;

/// <summary>The .NET client.</summary>
public sealed class DotnetAddressesTests : SeveralAddressesContract
{
    [Fact]
    public async Task A_list_is_the_same()
    {
        await using var bad = new FaultyServer { Mode = "500" };
        await using var well = new FaultyServer();
        using var client = new RemoraClient(new() { Urls = { bad.Url, well.Url }, Timeout = TimeSpan.FromMinutes(1) });
        Assert.True((await client.RiskAsync("BTC/USDT")).Answered);
        Assert.Equal(well.Url, client.Url);
        var both = new RemoraClientOptions { Url = bad.Url, Urls = { well.Url } };
        Assert.Contains("Url and Urls", Assert.Single(both.Check()), StringComparison.Ordinal);
    }

    private protected override async Task<IReadOnlyList<Outcome>> AskAsync(
        string urls,
        double timeout,
        params IReadOnlyList<string> pairs
    )
    {
        using var client = new RemoraClient(
            new()
            {
                Url = urls,
                ApiKey = "the-key",
                OnError = OnError.Block,
                Timeout = TimeSpan.FromSeconds(timeout),
                CacheFor = TimeSpan.Zero,
                BreakerPeriod = TimeSpan.FromHours(1),
            }
        );
        var outcomes = new List<Outcome>();
        foreach (var pair in pairs)
        {
            var risk = await client.RiskAsync(pair);
            outcomes.Add(new(risk.SafeToTrade, risk.Answered, risk.Error));
        }
        return outcomes;
    }

    private protected override Task<string> RefusedAsync(string urls) =>
        Task.FromResult(Assert.Throws<ArgumentException>(() => new RemoraClient(new() { Url = urls })).Message);

    private protected override async Task<string?> FirstOfStreamAsync(string urls)
    {
        using var client = new RemoraClient(new() { Url = urls, Timeout = TimeSpan.FromMinutes(3) });
        await foreach (var risk in client.StreamAsync())
            return risk.Pair;
        return null;
    }
}

/// <summary>A client in another language, by a program that prints JSON.</summary>
public abstract class ProgramAddressesTests : SeveralAddressesContract
{
    private protected abstract Task<string> RunAsync(params IReadOnlyList<string> arguments);

    private protected override async Task<IReadOnlyList<Outcome>> AskAsync(
        string urls,
        double timeout,
        params IReadOnlyList<string> pairs
    ) =>
        [
            .. JsonElement
                .Parse(await RunAsync(["ask", urls, $"{timeout}", .. pairs]))
                .EnumerateArray()
                .Select(item => new Outcome(
                    item.GetProperty("safe").GetBoolean(),
                    item.GetProperty("answered").GetBoolean(),
                    item.GetProperty("error").GetString()
                )),
        ];

    private protected override async Task<string> RefusedAsync(string urls) =>
        JsonElement.Parse(await RunAsync("refused", urls)).GetString()!;

    private protected override async Task<string?> FirstOfStreamAsync(string urls) =>
        JsonElement.Parse(await RunAsync("stream", urls)).GetString();

    private protected static async Task<string> RunProgramAsync(string program, params IReadOnlyList<string> arguments)
    {
        var (exitCode, output) = await Tool.RunAsync(program, arguments);
        Assert.True(exitCode == 0, $"{program} {string.Join(' ', arguments)}: {output}");
        return output;
    }
}

/// <summary>The Python client.</summary>
public sealed class PythonAddressesTests : ProgramAddressesTests
{
    private protected override Task<string> RunAsync(params IReadOnlyList<string> arguments)
    {
        Tool.Need("python3", "python3");
        return RunProgramAsync(
            "python3",
            [Repository.PathOf("clients", "python", "tests", "addresses.py"), .. arguments]
        );
    }
}

/// <summary>The TypeScript client.</summary>
public sealed class TypeScriptAddressesTests(TypeScriptAddressesTests.Built built)
    : ProgramAddressesTests,
        IClassFixture<TypeScriptAddressesTests.Built>
{
    private protected override Task<string> RunAsync(params IReadOnlyList<string> arguments) =>
        RunProgramAsync("node", [built.Program, .. arguments]);

    /// <summary>The compiled client, beside the program that uses it.</summary>
    public sealed class Built : IAsyncLifetime
    {
        public string Program { get; private set; } = "";

        public async ValueTask InitializeAsync()
        {
            var folder = Directory.CreateDirectory(Repository.PathOf("artifacts", "typescript-addresses")).FullName;
            await RunProgramAsync(
                "node",
                Repository.PathOf("clients", "typescript", "build.mjs"),
                Path.Combine(folder, "dist")
            );
            await File.WriteAllTextAsync(Path.Combine(folder, "package.json"), """{"type":"module"}""");
            Program = Path.Combine(folder, "addresses.mjs");
            var source = Repository.PathOf("tests", "Remora.Client.Tests", "addresses.mjs");
            File.Copy(source, Program, overwrite: true);
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
