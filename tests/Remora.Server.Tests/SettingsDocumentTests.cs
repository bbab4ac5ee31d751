using System.Text;
using Remora.Server.Settings;
using Remora.Testing;

namespace Remora.Server.Tests;

/// <summary>
/// Tests that the tables of docs/settings.md equal the declarations. With REMORA_WRITE_DOCS set,
/// the test writes them instead.
/// </summary>
public sealed class SettingsDocumentTests
{
    private const string WriteVariable = "REMORA_WRITE_DOCS";
    private static readonly string Document = Repository.PathOf("docs", "settings.md");

    [Fact]
    public void The_tables_of_the_document_are_those_of_the_declarations()
    {
        var text = File.ReadAllText(Document);
        var expected = Replace(Replace(text, "settings", Settings()), "lists", Lists());
        if (Environment.GetEnvironmentVariable(WriteVariable) is { Length: > 0 })
            File.WriteAllText(Document, text = expected);
        Assert.True(
            text == expected,
            "The tables of docs/settings.md differ from the declared settings. Write them with: "
                + $"{WriteVariable}=1 ./test Remora.Server.Tests -class {typeof(SettingsDocumentTests).FullName}"
        );
    }

    [Fact]
    public void Every_setting_has_a_help_of_one_line_and_a_name_of_its_own()
    {
        IReadOnlyList<IReadOnlyList<Setting>> all =
        [
            DeclaredSettings.All,
            .. DeclaredLists.All.Select(list => list.Settings),
        ];
        Assert.All(all, settings => Assert.Distinct(settings.Select(setting => setting.Name)));
        Assert.All(
            all.SelectMany(settings => settings),
            setting =>
            {
                Assert.DoesNotContain('\n', setting.Help);
                Assert.False(setting.Help.EndsWith('.'), setting.Name);
            }
        );
    }

    private static string Settings()
    {
        var rows = DeclaredSettings.All.Select(setting =>
            Row(
                Code(setting.Name),
                Code(setting.Variable),
                Code(setting.Flag ?? setting.CommandFlag),
                setting.Default ?? "none",
                Meaning(setting)
            )
        );
        var lists = DeclaredLists.All.Select(list =>
            Row(Code(list.Name), "", "", "none", $"{list.Help}: a list of objects, in the file only.{See(list.See)}")
        );
        return Table(["file", "environment", "flag", "default", "meaning and allowed values"], rows.Concat(lists));
    }

    private static string Lists() =>
        Table(
            ["in the list", "setting", "default", "meaning and allowed values"],
            DeclaredLists.All.SelectMany(list =>
                list.Settings.Select(setting =>
                    Row(
                        Code(list.Name),
                        Code(setting.Name),
                        setting.Name == list.Required ? "required" : setting.Default ?? "none",
                        Meaning(setting)
                    )
                )
            )
        );

    private static string Meaning(Setting setting)
    {
        var allowed = setting.IsOpen ? "" : $": {(setting.IsList ? "a list of " : "")}{setting.Allowed}";
        var live = setting.IsLive ? " Applied by a [reload](operations.md#reload)." : "";
        return $"{setting.Help}{allowed}.{See(setting.See)}{live}";
    }

    private static string See(string? link) => link is null ? "" : $" See {link}.";

    private static string Code(string? text) => text is null ? "" : $"`{text}`";

    private static string Row(params IEnumerable<string> cells) => $"| {string.Join(" | ", cells)} |\n";

    private static string Table(IReadOnlyList<string> header, IEnumerable<string> rows)
    {
        var table = new StringBuilder(Row(header)).Append('|');
        foreach (var _ in header)
            table.Append("---|");
        return table.Append('\n').AppendJoin("", rows).ToString();
    }

    private static string Replace(string document, string name, string table)
    {
        var (start, end) = ($"<!-- {name}: written by a test -->\n", $"<!-- end of {name} -->");
        var from = document.IndexOf(start, StringComparison.Ordinal) + start.Length;
        var to = document.IndexOf(end, StringComparison.Ordinal);
        Assert.True(
            from >= start.Length && to >= from,
            $"docs/settings.md: the lines '{start.Trim()}' and '{end}' are missing"
        );
        return $"{document[..from]}\n{table}\n{document[to..]}";
    }
}
