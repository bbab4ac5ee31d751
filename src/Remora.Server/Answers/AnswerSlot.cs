using Remora.Markets;

namespace Remora.Server.Answers;

/// <summary>One answer and its bytes. They are made when they are asked for, at most once per change and per second; in between every request gets the same ones.</summary>
/// <param name="version">Grows with every change of what is known.</param>
/// <param name="render">The answer at a whole second.</param>
internal sealed class AnswerSlot(Func<long> version, Func<Instant, RenderedAnswer> render)
{
    private const long Second = 1000;
    private readonly Lock _rendering = new();
    private volatile Entry _entry = new(-1, long.MinValue, null!);

    /// <summary>How often it has been rendered.</summary>
    public int Renderings { get; private set; }

    /// <summary>The answer at <paramref name="now"/>, to the second.</summary>
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
            var current = version(); // read before what it stands for: a change in between costs one more rendering, never an old answer
            if (_entry.Version == current && _entry.UnixSecond >= second) return _entry.Answer;
            _entry = new(current, second, render(new(second * Second)));
            Renderings++;
            return _entry.Answer;
        }
    }

    private sealed record Entry(long Version, long UnixSecond, RenderedAnswer Answer);
}
