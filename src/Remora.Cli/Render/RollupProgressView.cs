using Remora.ClickHouse.Rollups;
using Spectre.Console;

namespace Remora.Cli.Render;

/// <summary>
/// Shows the progress of a subcommand: bars on a terminal, one line per step in a pipe.
/// </summary>
internal static class RollupProgressView
{
    public static Task<T> ShowAsync<T>(Func<IProgress<RollupProgress>, Task<T>> work) =>
        Terminal.WithBarsAsync(work, context => new Bars(context), new Lines(), new ElapsedTimeColumn());

    // One bar per step. Within a step only its text changes.
    private sealed class Bars(ProgressContext context) : IProgress<RollupProgress>
    {
        private ProgressTask? _bar;
        private string? _step;

        public void Report(RollupProgress value)
        {
            if (_bar is null || _step != value.Step)
            {
                if (_bar is not null)
                    _bar.Value = _bar.MaxValue;
                _bar = context.AddTask(Markup.Escape(value.Step));
                _step = value.Step;
            }
            _bar.Description = Markup.Escape($"{value.Step} {Short(value.Detail)}");
            _bar.IsIndeterminate = value.Total == 0;
            if (value.Total == 0)
                return;
            _bar.MaxValue = value.Total;
            _bar.Value = value.Done;
        }
    }

    private sealed class Lines : IProgress<RollupProgress>
    {
        private (string, string) _last;

        public void Report(RollupProgress value)
        {
            if (_last == (value.Step, value.Detail))
                return;
            _last = (value.Step, value.Detail);
            Console.Error.WriteLine(
                $"{value.Step}: {Short(value.Detail)}{(value.Total > 0 ? $" ({value.Done} of {value.Total})" : "")}"
            );
        }
    }

    // The start of a statement is enough to identify it.
    private static string Short(string text) => text.Length > 60 ? text[..60] + "..." : text;
}
