using System.Diagnostics;
using System.Text.Json;

namespace Remora.Sandbox.Tests.Ccxt;

/// <summary>The real CCXT in Node, redirected to a sandbox.</summary>
internal sealed class CcxtProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(45);
    private readonly Process _node;

    private CcxtProcess(Process node) => _node = node;

    /// <summary>Starts the process. Installs the npm packages first if they are missing.</summary>
    public static async Task<CcxtProcess> StartAsync(string sandboxUrl)
    {
        var root = RepositoryRoot();
        if (!Directory.Exists(Path.Combine(root, "node_modules", "ccxt")))
        {
            using var install = Start("npm", ["ci", "--ignore-scripts"], root);
            var output = install.StandardOutput.ReadToEndAsync();
            await install.WaitForExitAsync();
            Assert.True(install.ExitCode == 0, "npm ci failed: " + await output);
        }
        var script = Path.Combine(root, "tests", "Remora.Sandbox.Tests", "Ccxt", "ccxt-reads.mjs");
        return new(Start("node", [script, sandboxUrl], root));
    }

    /// <summary>Calls a method of CCXT on an exchange. Throws the error that CCXT throws.</summary>
    public async Task<JsonElement> CallAsync(string exchange, string method, params object?[] args)
    {
        await _node.StandardInput.WriteLineAsync(
            JsonSerializer.Serialize(
                new
                {
                    exchange,
                    method,
                    args,
                }
            )
        );
        await _node.StandardInput.FlushAsync();
        var line = await _node.StandardOutput.ReadLineAsync().WaitAsync(Patience);
        Assert.NotNull(line);
        using var answer = JsonDocument.Parse(line);
        if (answer.RootElement.TryGetProperty("error", out var error))
            throw new InvalidOperationException(error.GetString());
        return answer.RootElement.GetProperty("ok").Clone();
    }

    public async ValueTask DisposeAsync()
    {
        _node.StandardInput.Close();
        await _node.WaitForExitAsync();
        _node.Dispose();
    }

    private static Process Start(string program, string[] arguments, string folder)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        return Process.Start(start)!;
    }

    private static string RepositoryRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Remora.slnx")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new DirectoryNotFoundException("the tests run inside the repository");
    }
}
