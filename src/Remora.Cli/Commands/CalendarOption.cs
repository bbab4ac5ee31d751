using System.CommandLine;
using Remora.Backtest.Data;
using Remora.Server.Settings;

namespace Remora.Cli.Commands;

/// <summary>
/// <c>--calendar</c>: a file of scheduled events with their announcements, in addition to the
/// shipped dates that forecasts use; <c>none</c> for no events at all.
/// </summary>
internal sealed class CalendarOption : Option<string?>
{
    private const string None = "none";
    private static readonly ServiceSettings Defaults = new();

    public CalendarOption()
        : base("--calendar")
    {
        Description =
            $"Calendar file of scheduled events with their announcement dates; {None} also leaves out the shipped "
            + $"dates that forecasts use";
        HelpName = "FILE";
    }

    /// <summary>Reads the calendar.</summary>
    /// <exception cref="Backtest.BacktestException">The file cannot be read.</exception>
    public ReplayCalendar Read(ParseResult parsed) =>
        parsed.GetValue(this) switch
        {
            null => ReplayCalendar.Shipped,
            None => ReplayCalendar.None,
            var file => CalendarFile.Read(file, Defaults.CalendarBefore, Defaults.CalendarAfter),
        };
}
