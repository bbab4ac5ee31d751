namespace Remora.Store.Recording;

/// <summary>Wakes a waiting task before its delay is over.</summary>
internal sealed class Alarm
{
    private volatile TaskCompletionSource _ringing = New();

    public void Ring() => _ringing.TrySetResult();

    /// <summary>
    /// Waits for a ring or the delay. Returns immediately if it was rung since the last wait.
    /// </summary>
    public async Task WaitAsync(TimeSpan atMost, TimeProvider time, CancellationToken cancellation)
    {
        using var rest = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        await Task.WhenAny(_ringing.Task, Task.Delay(atMost, time, rest.Token));
        await rest.CancelAsync();
        if (_ringing.Task.IsCompleted)
            _ringing = New();
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
