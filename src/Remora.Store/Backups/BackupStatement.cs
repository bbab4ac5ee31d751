using System.Text;
using Remora.ClickHouse;

namespace Remora.Store.Backups;

/// <summary>
/// The CREATE statements of tables and views in a backup, without the name of the database. A
/// restore runs a statement only if the engine's parser reads it as the definition of a table that
/// stores rows, or of a view over tables of the database.
/// </summary>
internal static class BackupStatement
{
    private static readonly string[] Engines =
    [
        "MergeTree",
        "ReplacingMergeTree",
        "AggregatingMergeTree",
        "SummingMergeTree",
        "CollapsingMergeTree",
        "VersionedCollapsingMergeTree",
        "CoalescingMergeTree",
        "GraphiteMergeTree",
        "Log",
        "TinyLog",
        "StripeLog",
    ];

    /// <summary>Returns the text after the table's name in CREATE TABLE.</summary>
    public static string DefinitionOf(CatalogEntry table) =>
        table.Create[table.Create.IndexOf('(', AfterName(table.Create))..];

    /// <summary>Returns the engine's statement without the name of the database.</summary>
    public static string WithoutDatabase(string statement, string database)
    {
        var text = new StringBuilder(statement.Length);
        for (var at = 0; at < statement.Length; )
        {
            var end = EndOfToken(statement, at);
            var token = statement[at..end];
            var isDatabase =
                (token == database || token == $"`{database}`")
                && end < statement.Length
                && statement[end] == '.'
                && (at == 0 || statement[at - 1] != '.');
            if (isDatabase)
                end++;
            else
                text.Append(token);
            at = end;
        }
        return text.ToString();
    }

    /// <summary>Checks that a text defines a table that stores rows.</summary>
    /// <exception cref="StoreException">The check fails; the message starts with <paramref
    /// name="field"/>.</exception>
    public static async Task CheckTableAsync(
        ClickHouseClient client,
        string definition,
        string field,
        CancellationToken cancellation
    )
    {
        var tree = await ParseAsync(client, $"CREATE TABLE checked {definition}", field, cancellation);
        var storage = tree.IndexOf(" Storage definition");
        var engine = storage >= 0 && storage + 1 < tree.Count ? tree[storage + 1].Trim().Split(' ') : [];
        if (
            !tree[0].StartsWith("CreateQuery checked", StringComparison.Ordinal)
            || !tree.Contains(" Columns definition")
            || engine is not ["Function", var name, ..]
            || HasQuery(tree)
        )
            throw new StoreException($"{field}: it does not define a table by its columns and its engine");
        if (!Engines.Contains(name))
            throw new StoreException(
                $"{field}: the engine '{name}' stores no rows; allowed are {string.Join(", ", Engines)}"
            );
    }

    /// <summary>
    /// Checks that a statement creates the view, and that the view reads only tables of the
    /// database.
    /// </summary>
    /// <exception cref="StoreException">The check fails; the message starts with <paramref
    /// name="field"/>.</exception>
    public static async Task CheckViewAsync(
        ClickHouseClient client,
        BackupView view,
        string field,
        CancellationToken cancellation
    )
    {
        var tree = await ParseAsync(client, view.Statement, field, cancellation);
        var isMaterialized = view.Statement.StartsWith("CREATE MATERIALIZED VIEW ", StringComparison.Ordinal);
        if (!isMaterialized && !view.Statement.StartsWith("CREATE VIEW ", StringComparison.Ordinal))
            throw new StoreException($"{field}: it does not begin with CREATE VIEW or CREATE MATERIALIZED VIEW");
        if (
            isMaterialized
            && (
                view.Statement.Split(' ', 7) is not [_, _, _, _, "TO", var target, ..]
                || target.Contains('.', StringComparison.Ordinal)
            )
        )
            throw new StoreException(
                $"{field}: the view '{view.Name}' does not write to a table of the database by TO"
            );
        if (!tree[0].StartsWith($"CreateQuery {view.Name} ", StringComparison.Ordinal))
            throw new StoreException($"{field}: it does not create the view '{view.Name}'");
        for (var i = 1; i < tree.Count; i++)
        {
            var node = tree[i].TrimStart();
            if (
                tree[i - 1].TrimStart().StartsWith("TableExpression", StringComparison.Ordinal)
                && node.StartsWith("Function ", StringComparison.Ordinal)
            )
                throw new StoreException(
                    $"{field}: the view reads '{node.Split(' ')[1]}(…)'; a view in a backup can read only tables of "
                        + $"its database"
                );
            if (
                node.StartsWith("TableIdentifier ", StringComparison.Ordinal)
                && node.Split(' ')[1].Contains('.', StringComparison.Ordinal)
            )
                throw new StoreException(
                    $"{field}: the view reads '{node.Split(' ')[1]}', a table of another database; a view in a "
                        + $"backup can read only tables of its database"
                );
        }
    }

    private static bool HasQuery(List<string> tree) =>
        tree.Exists(node => node.TrimStart().StartsWith("SelectWithUnionQuery", StringComparison.Ordinal));

    // One node a line, indented. A parameter or a second statement is a syntax error.
    private static async Task<List<string>> ParseAsync(
        ClickHouseClient client,
        string sql,
        string field,
        CancellationToken cancellation
    )
    {
        try
        {
            var tree = await client.ListAsync("EXPLAIN AST " + sql, row => row.String(), null, cancellation);
            for (var i = 0; i < tree.Count; i++)
                if (
                    tree[i].StartsWith(' ')
                    && !tree[i].StartsWith("  ", StringComparison.Ordinal)
                    && tree[i].IndexOf(" (children", StringComparison.Ordinal) is > 0 and var end
                )
                    tree[i] = tree[i][..end];
            return tree.Count > 0 ? tree : throw new StoreException($"{field}: it is not a statement");
        }
        catch (ClickHouseException e)
        {
            throw new StoreException($"{field}: {FirstLine(e.Message)}", e);
        }
    }

    private static string FirstLine(string text) =>
        text.Split('\n')[0] is { Length: > 300 } line ? line[..300] + " …" : text.Split('\n')[0];

    // "CREATE TABLE database.name (": both may be quoted.
    private static int AfterName(string create)
    {
        var at = "CREATE TABLE ".Length;
        while (at < create.Length && create[at] != ' ')
            at = EndOfToken(create, at);
        return at;
    }

    // A string or quoted name as a whole, a word as a whole, any other letter alone.
    private static int EndOfToken(string text, int at)
    {
        if (text[at] is '\'' or '`' or '"')
        {
            for (var i = at + 1; i < text.Length; i++)
            {
                if (text[i] == '\\')
                    i++;
                else if (text[i] == text[at])
                    return i + 1;
            }
            return text.Length;
        }
        var end = at;
        while (end < text.Length && (char.IsAsciiLetterOrDigit(text[end]) || text[end] == '_'))
            end++;
        return Math.Max(end, at + 1);
    }
}
