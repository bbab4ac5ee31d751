using Remora.Markets;

namespace Remora.Server.Answers;

/// <summary>
/// One answer and its bytes. The answer is rendered on request, at most once per change and per
/// second. Requests in between get the same bytes.
/// </summary>
/// <param name="version">Increases with every change of the data.</param>
/// <param name="render">Renders the answer at a whole second.</param>
internal sealed class AnswerSlot(Func<long> version, Func<Instant, RenderedAnswer> render)
{
    private const long Second = 1000;
    private readonly Lock _rendering = new();
    private volatile Entry _entry = new(-1, long.MinValue, null!);

    /// <summary>How often the answer has been rendered.</summary>
    public int Renderings { get; private set; }

    /// <summary>Returns the answer at <paramref name="now"/>, rounded down to the second.</summary>
    public RenderedAnswer At(Instant now)
    {
        var second = now.UnixMilliseconds / Second;
        var entry = _entry;
        return entry.Version == version() && entry.UnixSecond == second ? entry.Answer : Render(second);
    }

    private RenderedAnswer Render(long second)
    {
        lock (_rendering)
        {
            // Read before the data: a change in between costs one more rendering, never an outdated
            // answer.
            var current = version();
            if (_entry.Version == current && _entry.UnixSecond >= second)
                return _entry.Answer;
            _entry = new(current, second, render(new(second * Second)));
            Renderings++;
            return _entry.Answer;
        }
    }

    private sealed record Entry(long Version, long UnixSecond, RenderedAnswer Answer);
}
