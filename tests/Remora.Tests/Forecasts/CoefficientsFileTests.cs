using System.Text;
using System.Text.Json.Nodes;
using Remora.Forecasts;
using Remora.Testing;
using Remora.Tests.Portfolios;

namespace Remora.Tests.Forecasts;

public sealed class CoefficientsFileTests
{
    private static CoefficientVintages WithTables { get; } =
        new(Fits.Reference.Newest with { Portfolio = Books.Tables });

    [Fact]
    public void A_file_that_is_read_and_written_keeps_its_bytes() =>
        Assert.Equal(
            Encoding.UTF8.GetString(Fits.ReferenceFile()),
            Encoding.UTF8.GetString(CoefficientsFile.Write(Fits.Reference))
        );

    [Fact]
    public void The_shipped_file_is_written_so()
    {
        var path = Repository.PathOf("src", "Remora", "Forecasts", "coefficients.json");
        Assert.Equal(
            File.ReadAllText(path),
            Encoding.UTF8.GetString(CoefficientsFile.Write(CoefficientVintages.Shipped))
        );
    }

    [Fact]
    public void The_tables_of_books_are_read_and_written_and_not_part_of_the_id()
    {
        var fit = WithTables.Newest;
        var bytes = CoefficientsFile.Write(new(fit));
        var read = CoefficientsFile.Parse(bytes);
        Assert.Equal(bytes, CoefficientsFile.Write(read));
        Assert.Equal(fit.Portfolio!.OneDay.Hedged.Days, read.Newest.Portfolio!.OneDay.Hedged.Days);
        Assert.Equal((fit with { Portfolio = null }).Id, read.Newest.Id);
        Assert.Null(CoefficientsFile.Parse(Fits.ReferenceFile()).Newest.Portfolio);
    }

    [Theory]
    [InlineData("fits[0].portfolio.24h.hedged", "1", "fits[0].portfolio.24h.hedged: must be an object")]
    [InlineData(
        "fits[0].portfolio.4h.net_long.days",
        "0",
        "fits[0].portfolio.4h.net_long.days: must be a number from 1"
    )]
    [InlineData("fits[0].portfolio.4h.hedged.losses.0\\.05", "99", "fits[0].portfolio.4h.hedged.losses: expected")]
    [InlineData(
        "fits[0].portfolio.4h.hedged.intervals.value_at_risk_99",
        "[2,1]",
        "fits[0].portfolio.4h.hedged.intervals.value_at_risk_99: the bounds must ascend"
    )]
    public void A_wrong_table_of_books_is_refused(string path, string value, string message)
    {
        var json = JsonNode.Parse(CoefficientsFile.Write(WithTables))!;
        var node = json;
        foreach (
            var step in path.Replace("[0]", ".0", StringComparison.Ordinal)
                .Replace("\\.", "\0", StringComparison.Ordinal)
                .Split('.')
        )
            node = node is JsonArray items ? items[0]! : node[step.Replace('\0', '.')]!;
        node.ReplaceWith(JsonNode.Parse(value));
        var error = Assert.Throws<CoefficientsException>(() =>
            CoefficientsFile.Parse(Encoding.UTF8.GetBytes(json.ToJsonString()))
        );
        Assert.StartsWith(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fits_are_written_in_the_order_of_their_days()
    {
        var newest = Fits.Reference.Newest;
        var older = newest with { ValidFrom = Some.At("2024-01-01"), TrainedOn = "\"1\" < 2 é" };
        var read = CoefficientsFile.Parse(CoefficientsFile.Write(new(newest, older)));
        Assert.Equal([older.Id, newest.Id], read.All.Select(fit => fit.Id));
        Assert.Equal(older.TrainedOn, read.All[0].TrainedOn);
    }

    [Fact]
    public void Any_other_number_gives_another_id()
    {
        var fit = Fits.Reference.Newest;
        var hours = fit.Horizons[1].HourOfWeek;
        var changed = fit with
        {
            Horizons = fit.Horizons.SetItem(
                1,
                fit.Horizons[1] with
                {
                    HourOfWeek = hours.SetItem(5, Math.BitIncrement(hours[5])),
                }
            ),
        };
        Assert.StartsWith("2025-07-01-", fit.Id);
        Assert.NotEqual(fit.Id, changed.Id);
        Assert.Equal(fit.Id, (changed with { Horizons = fit.Horizons }).Id);
    }

    /// <summary>
    /// Each field of the file, and some items of its lists, are removed and replaced in turn; the
    /// message names the path.
    /// </summary>
    [Fact]
    public void A_wrong_field_is_refused_by_name()
    {
        var paths = new List<string>();
        Collect(JsonNode.Parse(Fits.ReferenceFile())!, paths);
        Assert.True(paths.Count > 750, $"{paths.Count}");
        var random = new Random(1);
        foreach (var path in paths.Where(path => !path.EndsWith(']') || random.Next(9) == 0))
        {
            if (!path.EndsWith("trained_on", StringComparison.Ordinal))
                Refuses(path, node => node.ReplaceWith("x"), path);
            Refuses(path, node => node.ReplaceWith<JsonNode?>(null), path);
            Refuses(path, node => node.ReplaceWith(new JsonObject()), path);
            Refuses(
                path,
                node =>
                {
                    if (node.Parent is JsonArray list)
                        list.Remove(node);
                    else
                        node.Parent!.AsObject().Remove(node.GetPropertyName());
                },
                path.EndsWith(']') ? path[..path.LastIndexOf('[')] : path
            );
        }
    }

    [Theory]
    [InlineData(
        "fits[0].horizons.4h.residual_quantiles.falls.0.001",
        "99",
        "fits[0].horizons.4h.residual_quantiles.falls"
    )]
    [InlineData(
        "fits[0].horizons.4h.residual_quantiles.falls.0.01",
        "1.5",
        "fits[0].horizons.4h.residual_quantiles.falls"
    )]
    [InlineData("fits[0].horizons.4h.clip.pk_1d", "[2,1]", "fits[0].horizons.4h.clip.pk_1d: the bounds must ascend")]
    [InlineData("fits[0].horizons.1h.smear", "1e99", "fits[0].horizons.1h.smear: must be a number from -10 to 10")]
    [InlineData("fits[0].valid_from", "\"2025-7-1\"", "fits[0].valid_from: must be a day such as 2025-07-01")]
    [InlineData("fits[0].valid_from", "\"2025-02-30\"", "fits[0].valid_from: must be a day such as 2025-07-01")]
    [InlineData("model", "\"remora-3\"", "model: must be 'remora-2'")]
    [InlineData("fits", "[]", "fits: must have at least one fit")]
    public void A_wrong_value_is_refused(string path, string value, string message) =>
        Refuses(path, node => node.ReplaceWith(JsonNode.Parse(value)), message);

    [Fact]
    public void An_unknown_field_is_refused() =>
        Refuses("fits[0].horizons", node => node.AsObject().Add("2h", 1), "fits[0].horizons.2h: unknown field");

    [Fact]
    public void Two_fits_of_one_day_are_refused() =>
        Refuses(
            "fits",
            node => node.AsArray().Add(node[0]!.DeepClone()),
            "fits[1].valid_from: must be later than that of the fit before it"
        );

    [Theory]
    [InlineData("", "not valid JSON (line 1, column 1)")]
    [InlineData("{\"model\":\"remora-2\",\"model\":\"remora-2\"}", "not valid JSON")]
    [InlineData("[]", "the file: must be an object")]
    [InlineData("{\"fits\":[]}", "model: the field is missing")]
    public void Other_text_is_refused(string text, string message) =>
        Assert.StartsWith(
            message,
            Assert.Throws<CoefficientsException>(() => CoefficientsFile.Parse(Encoding.UTF8.GetBytes(text))).Message
        );

    private static void Refuses(string path, Action<JsonNode> change, string message)
    {
        var json = JsonNode.Parse(Fits.ReferenceFile())!;
        change(Find(json, path));
        var error = Assert.Throws<CoefficientsException>(() =>
            CoefficientsFile.Parse(Encoding.UTF8.GetBytes(json.ToJsonString()))
        );
        Assert.StartsWith(message, error.Message);
    }

    private static string PathOf(JsonNode node) =>
        node.Parent switch
        {
            JsonArray => $"{PathOf(node.Parent)}[{node.GetElementIndex()}]",
            JsonObject parent when parent.Parent is null => node.GetPropertyName(),
            JsonObject parent => $"{PathOf(parent)}.{node.GetPropertyName()}",
            _ => "",
        };

    private static void Collect(JsonNode node, List<string> paths)
    {
        if (node.Parent is not null)
            paths.Add(PathOf(node));
        foreach (var child in Children(node))
            Collect(child, paths);
    }

    private static JsonNode Find(JsonNode node, string path) =>
        PathOf(node) == path
            ? node
            : Find(
                Children(node)
                    .Where(child => path.StartsWith(PathOf(child), StringComparison.Ordinal))
                    .MaxBy(child => PathOf(child).Length)!,
                path
            );

    private static IEnumerable<JsonNode> Children(JsonNode node) =>
        node switch
        {
            JsonObject fields => fields.Select(field => field.Value!),
            JsonArray items => items.Select(item => item!),
            _ => [],
        };
}
