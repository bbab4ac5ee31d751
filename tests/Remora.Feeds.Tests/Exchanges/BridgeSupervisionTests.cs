using System.Diagnostics;
using Remora.Feeds.Exchanges;

namespace Remora.Feeds.Tests.Exchanges;

/// <summary>The child process ends in every possible way and is replaced.</summary>
public sealed class BridgeSupervisionTests
{
    private static CcxtBridgeOptions Quick =>
        new()
        {
            AllowDebugOperations = true,
            Backoff = new(TimeSpan.FromMilliseconds(20), TimeSpan.FromSeconds(30)),
            MemoryLimitMegabytes = 128,
            PingInterval = TimeSpan.FromSeconds(0.2),
            PingDeadline = TimeSpan.FromSeconds(2),
            CallDeadline = TimeSpan.FromSeconds(20),
        };

    [Theory]
    [InlineData("crash", "crashed on demand")]
    [InlineData("spin", "did not answer a ping")]
    [InlineData("exhaust_memory", "heap")]
    public async Task Pending_calls_are_answered_and_the_process_is_replaced(string operation, string reason)
    {
        await using var bridge = CcxtBridge.Start(Quick);
        await bridge.CallAsync(new("ping"), CancellationToken.None);
        var pending = Enumerable
            .Range(0, 10)
            .Select(_ => bridge.CallAsync(new("hang"), CancellationToken.None))
            .ToArray();
        var killer = bridge.CallAsync(new(operation), CancellationToken.None);

        foreach (var call in pending.Append(killer))
        {
            var error = await Assert.ThrowsAsync<ExchangeException>(() => call);
            Assert.Equal((ExchangeErrorKind.Unavailable, true), (error.Kind, error.Retryable));
            Assert.Contains(reason, error.Message);
        }
        await bridge.CallAsync(new("ping"), CancellationToken.None);
        Assert.Equal((true, 1), (bridge.Health.Running, bridge.Health.Restarts));
        Assert.Contains(reason, bridge.Health.LastFailure);
    }

    [Fact]
    public async Task A_killed_process_is_replaced_again_and_again()
    {
        await using var bridge = CcxtBridge.Start(Quick);
        for (var i = 1; i <= 3; i++)
        {
            await bridge.CallAsync(new("ping"), CancellationToken.None);
            var pending = bridge.CallAsync(new("hang"), CancellationToken.None);
            using var child = Process.GetProcessById(bridge.Health.ProcessId!.Value);
            child.Kill();
            Assert.Equal(
                ExchangeErrorKind.Unavailable,
                (await Assert.ThrowsAsync<ExchangeException>(() => pending)).Kind
            );
            await Eventually.True(
                () => bridge.Health.Running && bridge.Health.Restarts == i,
                "the process is replaced"
            );
        }
    }

    [Fact]
    public async Task An_operation_that_never_ends_runs_into_its_deadline()
    {
        await using var bridge = CcxtBridge.Start(Quick with { CallDeadline = TimeSpan.FromSeconds(0.3) });
        Assert.Equal(
            ExchangeErrorKind.Timeout,
            (
                await Assert.ThrowsAsync<ExchangeException>(() => bridge.CallAsync(new("hang"), CancellationToken.None))
            ).Kind
        );
        Assert.Equal(0, bridge.Health.Restarts);
    }

    [Fact]
    public async Task A_call_can_be_cancelled()
    {
        await using var bridge = CcxtBridge.Start(Quick);
        using var impatience = new CancellationTokenSource(TimeSpan.FromSeconds(0.5));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => bridge.CallAsync(new("hang"), impatience.Token));
        await bridge.CallAsync(new("ping"), CancellationToken.None);
    }

    [Fact]
    public async Task Debug_operations_are_not_there_unless_allowed()
    {
        await using var bridge = CcxtBridge.Start(Quick with { AllowDebugOperations = false });
        Assert.Equal(
            ExchangeErrorKind.BadRequest,
            (
                await Assert.ThrowsAsync<ExchangeException>(() =>
                    bridge.CallAsync(new("crash"), CancellationToken.None)
                )
            ).Kind
        );
    }

    [Fact]
    public async Task The_process_ends_with_the_bridge()
    {
        Process child;
        await using (var bridge = CcxtBridge.Start(Quick))
        {
            await bridge.CallAsync(new("ping"), CancellationToken.None);
            child = Process.GetProcessById(bridge.Health.ProcessId!.Value);
        }
        using (child)
            Assert.True(child.HasExited);
    }

    [Fact]
    public async Task The_process_ends_when_its_input_closes_as_it_does_when_the_parent_is_killed()
    {
        // Does what the operating system does to the pipe when the parent has ended.
        var process = await BridgeProcess.StartAsync(Quick, CancellationToken.None);
        await process.DisposeAsync();
        Assert.Equal("exit code 0", await process.Ended);
    }

    [Theory]
    [InlineData("no-such-program", null, "install Node.js")]
    [InlineData("node", "no-such-script.mjs", "is missing")]
    public async Task What_is_missing_is_said(string node, string? script, string expected)
    {
        // The test does not wait for it.
        var options = Quick with
        {
            NodePath = node,
            ScriptPath = script ?? Quick.ScriptPath,
            StartDeadline = TimeSpan.FromMinutes(5),
        };
        await using var bridge = CcxtBridge.Start(options);
        var error = await Assert.ThrowsAsync<ExchangeException>(() =>
            bridge.CallAsync(new("ping"), CancellationToken.None)
        );
        Assert.Equal(ExchangeErrorKind.Unavailable, error.Kind);
        Assert.Contains(expected, error.Message);
    }
}
