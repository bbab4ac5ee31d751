namespace Remora.Backtest.Forecasts;

/// <summary>The progress of a job of two stages. Thread-safe.</summary>
internal sealed class Steps : IProgress<double>
{
    private readonly Lock _lock = new();
    private readonly IProgress<double>? _progress;
    private double _begin;
    private double _end;

    /// <param name="progress">Gets the progress, from 0 to 1.</param>
    /// <param name="first">The share of the first stage.</param>
    public Steps(IProgress<double>? progress, double first) => (_progress, _end) = (progress, first);

    /// <summary>Reports the progress of a stage, from 0 to 1.</summary>
    public void Report(double value)
    {
        lock (_lock)
            _progress?.Report(_begin + (value * (_end - _begin)));
    }

    /// <summary>Ends the first stage.</summary>
    public void Finish()
    {
        Report(1);
        (_begin, _end) = (_end, 1);
    }
}
