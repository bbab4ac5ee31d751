using System.Globalization;

namespace Remora.Cli.Render;

/// <summary>Formats an age in seconds, minutes, hours or days, like the web page.</summary>
internal static class AgeText
{
    /// <param name="seconds">The age, in seconds.</param>
    public static string Of(double seconds)
    {
        var age = TimeSpan.FromSeconds(seconds);
        var (number, unit) =
            age.TotalSeconds < 90 ? (age.TotalSeconds, "s")
            : age.TotalMinutes < 90 ? (age.TotalMinutes, "min")
            : age.TotalHours < 36 ? (age.TotalHours, "h")
            : (age.TotalDays, "days");
        return string.Create(CultureInfo.InvariantCulture, $"{number:0} {unit}");
    }
}
