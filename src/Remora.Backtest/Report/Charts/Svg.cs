using System.Globalization;
using System.Text;
using System.Xml;
using System.Xml.Linq;

namespace Remora.Backtest.Report.Charts;

/// <summary>
/// Draws a chart as SVG, without script or other files. It has its own background, so that it is
/// readable on any page, and its colours follow the reader's light or dark scheme.
/// </summary>
internal sealed class Svg
{
    /// <summary>The number of colours and marks for series.</summary>
    public const int MaxSeries = 6;

    private static readonly XNamespace s_svg = "http://www.w3.org/2000/svg";

    // Marks around the origin, so that series differ without colours too.
    private static readonly string[] s_marks =
    [
        "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z",
        "M-4 -4h8v8h-8z",
        "M0 -5l5 5l-5 5l-5 -5z",
        "M0 -5l5 9h-10z",
        "M0 5l5 -9h-10z",
        "M-5 0l5 -2l0 -4l2 4l4 2l-4 2l-2 4l0 -4z",
    ];

    private readonly XElement _root;

    public Svg(string name, int width, int height, string title, string description)
    {
        (Width, Height) = (width, height);
        _root = new(
            s_svg + "svg",
            new XAttribute("width", width),
            new XAttribute("height", height),
            new XAttribute("viewBox", $"0 0 {width} {height}"),
            new XAttribute("role", "img"),
            new XAttribute("aria-labelledby", $"{name}-title {name}-desc"),
            new XElement(s_svg + "title", new XAttribute("id", $"{name}-title"), Clean(title)),
            new XElement(s_svg + "desc", new XAttribute("id", $"{name}-desc"), Clean(description)),
            new XElement(s_svg + "style", "\n" + HtmlReport.Part("chart.css"))
        );
        Add("rect", "paper", ("width", width), ("height", height));
        Text(16, 24, title, "title");
    }

    public int Width { get; }

    public int Height { get; }

    public void Text(double x, double y, string text, string kind) =>
        _root.Add(
            new XElement(
                s_svg + "text",
                new XAttribute("class", kind),
                new XAttribute("x", Number(x)),
                new XAttribute("y", Number(y)),
                Clean(text)
            )
        );

    public void Line(double x1, double y1, double x2, double y2, string kind) =>
        Add("line", kind, ("x1", x1), ("y1", y1), ("x2", x2), ("y2", y2));

    public void Rectangle(double x, double y, double width, double height, string kind) =>
        Add("rect", kind, ("x", x), ("y", y), ("width", width), ("height", height));

    public void Polyline(IEnumerable<(double X, double Y)> points, int series) =>
        _root.Add(
            new XElement(
                s_svg + "polyline",
                new XAttribute("class", $"line s{series}"),
                new XAttribute("points", string.Join(' ', points.Select(p => $"{Number(p.X)},{Number(p.Y)}")))
            )
        );

    public void Mark(double x, double y, int series, bool isHollow = false) =>
        _root.Add(
            new XElement(
                s_svg + "path",
                new XAttribute("class", $"{(isHollow ? "hollow" : "mark")} s{series}"),
                new XAttribute("transform", $"translate({Number(x)} {Number(y)})"),
                new XAttribute("d", s_marks[series])
            )
        );

    /// <summary>Draws an interval; an end outside the limits becomes an arrow.</summary>
    public void Whisker(double from, double to, double at, (double Low, double High) limits, int series)
    {
        var kind = $"line s{series}";
        Line(Math.Clamp(from, limits.Low, limits.High), at, Math.Clamp(to, limits.Low, limits.High), at, kind);
        End(from, limits.Low, from < limits.Low, 5);
        End(to, limits.High, to > limits.High, -5);

        void End(double x, double limit, bool isOutside, double back)
        {
            if (!isOutside)
            {
                Line(x, at - 3, x, at + 3, kind);
                return;
            }
            Line(limit, at, limit + back, at - 4, kind);
            Line(limit, at, limit + back, at + 4, kind);
        }
    }

    /// <summary>Returns the text of the file.</summary>
    public string Write()
    {
        var text = new StringBuilder();
        var settings = new XmlWriterSettings
        {
            Indent = true,
            NewLineChars = "\n",
            OmitXmlDeclaration = true,
        };
        using (var writer = XmlWriter.Create(text, settings))
            _root.Save(writer);
        return text.Append('\n').ToString();
    }

    private void Add(string element, string kind, params ReadOnlySpan<(string Name, double Value)> numbers)
    {
        var added = new XElement(s_svg + element, new XAttribute("class", kind));
        foreach (var (name, value) in numbers)
            added.Add(new XAttribute(name, Number(value)));
        _root.Add(added);
    }

    private static string Number(double value) =>
        (Math.Round(value, 1) + 0.0).ToString("0.#", CultureInfo.InvariantCulture); // + 0.0: no negative zero

    // Removes characters that XML cannot contain.
    private static string Clean(string text) => string.Concat(text.Where(XmlConvert.IsXmlChar));
}
