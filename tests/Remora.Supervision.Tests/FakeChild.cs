using Remora.Supervision.Processes;

namespace Remora.Supervision.Tests;

/// <summary>A child process whose end the test decides.</summary>
internal sealed class FakeChild(int id) : IChild
{
    private readonly TaskCompletionSource<string> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public int Id => id;

    public Task<string> Ended => _ended.Task;

    public bool IsDisposed { get; private set; }

    public void End(string reason) => _ended.TrySetResult(reason);

    public void Kill(string reason) => _ended.TrySetResult(reason);

    public ValueTask DisposeAsync()
    {
        IsDisposed = true;
        _ended.TrySetResult("disposed");
        return ValueTask.CompletedTask;
    }
}
