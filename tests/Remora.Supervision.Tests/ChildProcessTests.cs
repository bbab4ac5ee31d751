using System.Collections.Concurrent;
using System.ComponentModel;
using Remora.Supervision.Processes;

namespace Remora.Supervision.Tests;

/// <summary>Real child processes: shell scripts that end in every possible way.</summary>
public sealed class ChildProcessTests
{
    private const string EchoesUntilItsInputCloses = """echo ready; while read -r line; do echo "got $line"; done""";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly ConcurrentQueue<string> _lines = new();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Fact]
    public async Task It_reads_and_writes_lines_and_ends_when_its_input_closes()
    {
        var child = Start(EchoesUntilItsInputCloses);
        await child.ReadyAsync(_ready.Task, Patience, CancellationToken.None);
        await Task.WhenAll(
            Enumerable.Range(0, 20).Select(i => child.WriteLineAsync($"line {i} ä", CancellationToken.None))
        );
        await child.DisposeAsync();
        Assert.Equal("exit code 0", await child.Ended);
        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"got line {i} ä").Prepend("ready").Order(), _lines.Order());
        await Assert.ThrowsAsync<IOException>(() => child.WriteLineAsync("too late", CancellationToken.None));
        await child.DisposeAsync(); // does nothing
        child.Kill("too late");
        Assert.Equal("exit code 0", await child.Ended);
    }

    [Fact]
    public async Task The_last_line_of_standard_error_explains_the_end()
    {
        await using var child = Start("echo first >&2; echo '  the disk is full  ' >&2; echo >&2; exit 7");
        Assert.Equal("exit code 7: the disk is full", await child.Ended);
    }

    [Fact]
    public async Task A_process_that_ends_before_it_is_ready_says_why()
    {
        var child = Start("echo 'no such folder' >&2; exit 3");
        var failure = await Assert.ThrowsAsync<ChildException>(() =>
            child.ReadyAsync(_ready.Task, Patience, CancellationToken.None)
        );
        Assert.Equal("exit code 3: no such folder", failure.Message);
    }

    [Fact]
    public async Task A_process_that_is_not_ready_in_time_is_killed()
    {
        var child = Start("while :; do sleep 0.1; done");
        var failure = await Assert.ThrowsAsync<ChildException>(() =>
            child.ReadyAsync(_ready.Task, TimeSpan.FromMilliseconds(50), CancellationToken.None)
        );
        Assert.Equal("the child was not ready within 0.05 s", failure.Message);
        Assert.True(child.Ended.IsCompleted);
    }

    [Fact]
    public async Task A_start_that_is_cancelled_ends_the_process()
    {
        using var stop = new CancellationTokenSource();
        var child = Start("cat > /dev/null");
        var starting = child.ReadyAsync(_ready.Task, Patience, stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => starting);
        Assert.True(child.Ended.IsCompleted);
    }

    [Fact]
    public async Task A_process_that_ignores_the_end_of_its_input_is_killed()
    {
        var child = Start("echo ready; while :; do sleep 0.1; done", stopTimeout: TimeSpan.FromSeconds(0.1));
        await child.ReadyAsync(_ready.Task, Patience, CancellationToken.None);
        await child.DisposeAsync();
        Assert.Equal("the child did not end within 0.1 s", await child.Ended);
    }

    [Fact]
    public async Task A_killed_process_ends_with_the_first_reason()
    {
        await using var child = Start(EchoesUntilItsInputCloses);
        await child.ReadyAsync(_ready.Task, Patience, CancellationToken.None);
        child.Kill("it sent an invalid response");
        child.Kill("another reason");
        Assert.Equal("it sent an invalid response", await child.Ended);
    }

    [Fact]
    public async Task A_program_that_does_not_exist_throws()
    {
        var child = new ChildProcess(
            new()
            {
                Name = "the child",
                Start = new("/no/such/program"),
                Output = _ => { },
            }
        );
        Assert.Throws<Win32Exception>(child.Start);
        await child.DisposeAsync();
    }

    [Fact]
    public async Task A_supervised_process_that_is_killed_is_replaced_each_time()
    {
        await using var supervisor = new ChildSupervisor<ChildProcess>(
            new()
            {
                Name = "the child",
                Ping = (_, _) => Task.FromResult(true),
                PingInterval = Patience,
                PingTimeout = Patience,
                Backoff = new(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(10)),
                Start = async stop =>
                {
                    var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                    var child = NewChild("echo ready; cat > /dev/null", _ => ready.TrySetResult());
                    child.Start();
                    await child.ReadyAsync(ready.Task, Patience, stop);
                    return child;
                },
            }
        );
        supervisor.Start("child", new());
        var ids = new HashSet<int>();
        for (var i = 0; i < 4; i++)
        {
            var child = await supervisor.RunningAsync(Patience, CancellationToken.None);
            Assert.Equal(
                (ChildState.Running, i, child.Id),
                (supervisor.Health.State, supervisor.Health.Restarts, supervisor.Health.ProcessId)
            );
            Assert.True(ids.Add(child.Id));
            child.Kill($"kill {i}");
            await child.Ended;
            // A caller during the replacement gets the next process.
            while (ReferenceEquals(await supervisor.RunningAsync(Patience, CancellationToken.None), child))
                await Task.Yield();
            Assert.Equal($"kill {i}", supervisor.Health.LastError);
        }
    }

    private ChildProcess Start(string script, TimeSpan? stopTimeout = null)
    {
        void Receive(string line)
        {
            _lines.Enqueue(line);
            _ready.TrySetResult();
        }
        var child = NewChild(script, Receive, stopTimeout);
        child.Start();
        return child;
    }

    private static ChildProcess NewChild(string script, Action<string> output, TimeSpan? stopTimeout = null) =>
        new(
            new()
            {
                Name = "the child",
                Start = new("/bin/sh", ["-c", script]),
                Output = output,
                StopTimeout = stopTimeout ?? Patience,
            }
        );
}
