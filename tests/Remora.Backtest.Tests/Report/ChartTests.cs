using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Remora.Backtest.Chance;
using Remora.Backtest.Report;
using Remora.Backtest.Report.Charts;
using Remora.Backtest.Study;
using Remora.Backtest.Tests.Calibration;
using Remora.Backtest.Tests.Chance;
using Remora.Backtest.Tests.Study;

namespace Remora.Backtest.Tests.Report;

/// <summary>The SVG charts: safe, accessible, readable, and drawn from the figures.</summary>
public sealed partial class ChartTests
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    private static readonly Lazy<IReadOnlyList<Chart>> Charts = new(() =>
        StudyCharts.Of(
            StudyTests.Figures.Value with
            {
                Calibration =
                [
                    VerdictTests.Market(ScoreIntervalsTests.Knowing, "binance BTC/USDT 1h"),
                    VerdictTests.Market(ScoreIntervalsTests.Noise, "a<&\"\u0001b ETH/USDT 1h"),
                ],
                Pooled = EntryPoolTests.Pool(
                    EntryPoolTests.Trades(EntryPoolTests.Losers, 1, "RSIEMA"),
                    EntryPoolTests.Trades(EntryPoolTests.Winners, 2, "]]> <script>")
                ),
            }
        )
    );

    [Fact]
    public void Each_chart_is_valid_has_a_description_and_refers_to_nothing()
    {
        Assert.Equal(["volatility", "worst-entries", "cost"], Charts.Value.Select(chart => chart.Name));
        foreach (var chart in Charts.Value)
        {
            var root = XElement.Parse(chart.Svg);
            Assert.Equal("img", root.Attribute("role")!.Value);
            foreach (var part in new[] { "title", "desc" })
            {
                var element = root.Element(Svg + part)!;
                Assert.Contains(element.Attribute("id")!.Value, root.Attribute("aria-labelledby")!.Value.Split(' '));
                Assert.NotEmpty(element.Value);
            }
            Assert.Empty(root.Descendants(Svg + "script"));
            Assert.DoesNotContain(
                root.DescendantsAndSelf().SelectMany(element => element.Attributes()),
                attribute => attribute.Name.LocalName is "href" or "src" or "style" || IsHandler(attribute)
            );
            Assert.DoesNotContain("url(", chart.Svg);
            Assert.DoesNotContain('\r', chart.Svg);
        }
        static bool IsHandler(XAttribute attribute) =>
            attribute.Name.LocalName.StartsWith("on", StringComparison.Ordinal);
    }

    [Fact]
    public void Everything_is_drawn_inside_the_chart()
    {
        foreach (var chart in Charts.Value)
        {
            var root = XElement.Parse(chart.Svg);
            var (width, height) = (Of(root, "width"), Of(root, "height"));
            foreach (var element in root.Descendants())
            foreach (var (name, limit) in new[] { ("x", width), ("x1", width), ("x2", width), ("y", height) })
                if (element.Attribute(name) is not null)
                    Assert.InRange(Of(element, name), 0, limit);
        }
    }

    [Fact]
    public void Marks_are_at_their_values()
    {
        var rows = new Row[]
        {
            new("low", 0, new(-1, 1), Interval.None, double.NaN),
            new("high", 10, new(9, 11), new(2, 4), 5),
            new("wide", 5, new(-500, 500), Interval.None, double.NaN),
        };
        var root = XElement.Parse(RowChart.Draw("x", "title", "legend", 0, 1, rows));
        double[] marks = [.. root.Elements(Svg + "path").Where(p => Kind(p) == "mark s0").Select(XOf)];
        Assert.Equal((marks[0] + marks[1]) / 2, marks[2], 0.11);
        Assert.Equal(marks[2], XOf(root.Elements(Svg + "path").Single(p => Kind(p) == "hollow s1")), 0.11);
        var band = root.Elements(Svg + "rect").Single(r => Kind(r) == "band");
        Assert.Equal(marks[0] + (0.2 * (marks[1] - marks[0])), Of(band, "x"), 0.11);
        Assert.Equal(0.2 * (marks[1] - marks[0]), Of(band, "width"), 0.11);
        Assert.Contains(root.Elements(Svg + "text"), text => text.Value == "5.0 (-500.0 to 500.0)");
    }

    [Theory]
    [InlineData(0, 2.3)]
    [InlineData(-17, 4)]
    [InlineData(0.0001, 0.0004)]
    [InlineData(5, 5)]
    [InlineData(-1e6, 1e6)]
    public void Ticks_are_round_and_include_the_ends(double low, double high)
    {
        var scale = new Scale(low, high, 100, 200);
        Assert.InRange(scale.Ticks.Count, 2, 9);
        Assert.True(scale.Ticks[0] <= low && scale.Ticks[^1] >= high);
        Assert.Equal(100, scale.At(scale.Ticks[0]), 1e-9);
        Assert.Equal(200, scale.At(scale.Ticks[^1]), 1e-9);
        Assert.Equal(scale.Ticks.Count, scale.Ticks.Select(scale.Label).Distinct().Count());
        Assert.All(
            scale.Ticks,
            tick => Assert.Equal(tick, double.Parse(scale.Label(tick), CultureInfo.InvariantCulture), 1e-9)
        );
    }

    /// <summary>WCAG 2.2: 4.5 for text, 3 for lines and marks.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Colours_have_enough_contrast_in_light_and_dark(bool dark)
    {
        var css = Rule().Matches(HtmlReport.Part("chart.css"));
        var split = HtmlReport.Part("chart.css").IndexOf("@media", StringComparison.Ordinal);
        var colours = new Dictionary<string, string>();
        foreach (Match rule in css)
            if (rule.Index < split || dark)
                foreach (var selector in rule.Groups["selectors"].Value.Split(','))
                    colours[$"{selector.Trim()} {rule.Groups["property"].Value}"] = rule.Groups["colour"].Value;
        var paper = colours[".paper fill"];
        Assert.Equal(paper, colours[".hollow fill"]);
        foreach (var text in new[] { "text fill", ".faint fill" })
            Assert.InRange(Contrast(colours[text], paper), 4.5, 21);
        Assert.InRange(Contrast(colours[".zero stroke"], paper), 3, 21);
        for (var series = 0; series < Backtest.Report.Charts.Svg.MaxSeries; series++)
        {
            Assert.InRange(Contrast(colours[$".s{series} stroke"], paper), 3, 21);
            Assert.Equal(colours[$".s{series} stroke"], colours[$".mark.s{series} fill"]);
        }
        Assert.InRange(Contrast(colours[".s0 stroke"], colours[".band fill"]), 3, 21);
    }

    [Fact]
    public void A_study_without_figures_has_no_charts() =>
        Assert.Empty(StudyCharts.Of(StudyTests.Figures.Value with { Calibration = [], Pooled = [] }));

    private static double Contrast(string one, string other)
    {
        static double Luminance(string colour)
        {
            double Part(int at)
            {
                var value =
                    int.Parse(colour.AsSpan(at, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture) / 255.0;
                return value <= 0.04045 ? value / 12.92 : Math.Pow((value + 0.055) / 1.055, 2.4);
            }
            return (0.2126 * Part(1)) + (0.7152 * Part(3)) + (0.0722 * Part(5));
        }
        var (a, b) = (Luminance(one), Luminance(other));
        return (Math.Max(a, b) + 0.05) / (Math.Min(a, b) + 0.05);
    }

    private static string Kind(XElement element) => element.Attribute("class")!.Value;

    private static double Of(XElement element, string attribute) =>
        double.Parse(element.Attribute(attribute)!.Value, CultureInfo.InvariantCulture);

    private static double XOf(XElement path) =>
        double.Parse(path.Attribute("transform")!.Value.Split('(', ' ')[1], CultureInfo.InvariantCulture);

    [GeneratedRegex(
        @"(?<selectors>[^{};]+)\{\s*(?:[^{}]*;\s*)?(?<property>fill|stroke): (?<colour>#[0-9a-f]{6})",
        RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex Rule();
}
