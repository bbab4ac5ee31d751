using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Remora.Feeds.Http;

namespace Remora.Server.Settings;

/// <summary>The interval of a source: <c>yahoo-vix=600</c>.</summary>
/// <param name="Source">The source, of <see cref="Names"/>.</param>
/// <param name="Seconds">The seconds between the starts of its requests.</param>
public sealed record SourceInterval(string Source, int Seconds)
{
    /// <summary>Funding rates and open interest of all base currencies.</summary>
    public const string Perpetuals = "perpetual";

    /// <summary>Liquidations from Coinglass of all base currencies.</summary>
    public const string Liquidations = "coinglass";

    /// <summary>All news outlets.</summary>
    public const string News = "news";

    /// <summary>The dates of US releases.</summary>
    public const string Releases = "bls.gov";

    private const int Least = 10;
    private const int Most = 86_400;

    /// <summary>The names of sources that are polled.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [.. HttpSources.All.Select(source => source.Name), Perpetuals, Liquidations, News, Releases];

    internal static SettingKind<SourceInterval> Kind { get; } =
        new(
            $"NAME=SECONDS, with {Least} to {Most} seconds and one of {string.Join(", ", Names)}",
            "INTERVALS",
            TryParse
        );

    /// <summary>Returns the text form in settings.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Source}={Seconds}");

    private static bool TryParse(string text, [NotNullWhen(true)] out SourceInterval? value)
    {
        value = null;
        if (
            text.Split('=') is not [var name, var seconds]
            || !Names.Contains(name)
            || !int.TryParse(seconds, NumberStyles.None, CultureInfo.InvariantCulture, out var parsed)
            || parsed is < Least or > Most
        )
            return false;
        value = new(name, parsed);
        return true;
    }
}
