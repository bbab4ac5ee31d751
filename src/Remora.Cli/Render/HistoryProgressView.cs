using System.Globalization;
using Remora.Feeds.History;
using Spectre.Console;

namespace Remora.Cli.Render;

/// <summary>
/// Shows the progress of a fetch: a bar per series on a terminal, a line per tenth in a pipe.
/// </summary>
internal static class HistoryProgressView
{
    public static Task<T> ShowAsync<T>(Func<IProgress<HistoryProgress>, Task<T>> work) =>
        Terminal.WithBarsAsync(work, context => new Bars(context), new Lines(), new RemainingTimeColumn());

    private static string RowsOf(in HistoryProgress value) =>
        string.Create(CultureInfo.InvariantCulture, $"{value.Rows} rows");

    private sealed class Bars(ProgressContext context) : IProgress<HistoryProgress>
    {
        private ProgressTask? _bar;
        private string? _series;

        public void Report(HistoryProgress value)
        {
            if (_bar is null || _series != value.Series)
                _bar = context.AddTask(Markup.Escape(_series = value.Series), maxValue: 1);
            _bar.Description = Markup.Escape(value.Waiting ?? $"{value.Series}, {value.At}, {RowsOf(value)}");
            if (value.Waiting is null)
                _bar.Value = value.Ratio;
        }
    }

    private sealed class Lines : IProgress<HistoryProgress>
    {
        private (string, int) _last;

        public void Report(HistoryProgress value)
        {
            if (value.Waiting is { } waiting)
            {
                Console.Error.WriteLine($"{value.Series}: {waiting}");
                return;
            }
            var step = (value.Series, (int)(value.Ratio * 10));
            if (_last == step)
                return;
            _last = step;
            Console.Error.WriteLine($"{value.Series}: {step.Item2 * 10} %, until {value.At}, {RowsOf(value)}");
        }
    }
}
