using System.Globalization;

namespace Remora.Cli.Render;

/// <summary>How old something is, in the unit a person would take; as the page says it.</summary>
internal static class AgeText
{
    /// <param name="seconds">The age.</param>
    public static string Of(double seconds)
    {
        var age = TimeSpan.FromSeconds(seconds);
        var (number, unit) = age.TotalSeconds < 90 ? (age.TotalSeconds, "s") : age.TotalMinutes < 90 ? (age.TotalMinutes, "min") : age.TotalHours < 36 ? (age.TotalHours, "h") : (age.TotalDays, "days");
        return string.Create(CultureInfo.InvariantCulture, $"{number:0} {unit}");
    }
}
