using System.Text;

namespace Remora.ClickHouseHost.Sql;

internal enum StatementKind
{
    /// <summary>
    /// A query with a result of any size: SELECT and similar. The result streams.
    /// </summary>
    Select,

    /// <summary>
    /// An INSERT whose rows follow in the request: INSERT … VALUES or INSERT … FORMAT.
    /// </summary>
    InsertData,

    /// <summary>Any other statement: no result, or a small one.</summary>
    Other,
}

/// <summary>
/// The properties of a statement that the host needs before the engine parses it: whether rows
/// follow, the place of an output clause, and the format. The engine's parser decides everything
/// else.
/// </summary>
/// <param name="Kind">The kind of statement.</param>
/// <param name="Format">The input or output format it names.</param>
/// <param name="HeadEnd">
/// The position of FORMAT, VALUES, a final semicolon or the end of the text: the place for an
/// output clause, and the end of an INSERT's head.
/// </param>
/// <param name="DataStart">INSERT only: the start of the rows.</param>
internal sealed record Statement(StatementKind Kind, string? Format, int HeadEnd, int DataStart)
{
    /// <summary>Whether it has an INTO OUTFILE clause, which HTTP does not allow.</summary>
    public bool HasOutfile { get; init; }

    /// <summary>The start of a second statement; null for none.</summary>
    public int? Second { get; init; }

    public static Statement Read(ReadOnlySpan<byte> sql)
    {
        var tokens = new SqlTokens(sql);
        if (!tokens.TryNext(out var first))
            return new(StatementKind.Other, null, sql.Length, sql.Length);
        if (Is(sql, first, "INSERT"u8))
            return ReadInsert(sql, ref tokens);
        var select =
            Is(sql, first, "SELECT"u8)
            || Is(sql, first, "WITH"u8)
            || Is(sql, first, "FROM"u8)
            || sql[first.Start] == '(';
        return ReadOther(sql, tokens, select ? StatementKind.Select : StatementKind.Other);
    }

    private static Statement ReadOther(ReadOnlySpan<byte> sql, SqlTokens tokens, StatementKind kind)
    {
        string? format = null;
        int? second = null,
            clause = null,
            end = null;
        bool outfile = false,
            inSettings = false;
        SqlToken previous = default,
            beforePrevious = default;
        while (second is null && tokens.TryNext(out var token))
        {
            if (end is not null)
            {
                if (!IsSymbol(sql, token, ";"u8))
                    second = token.Start;
                continue;
            }
            if (token.Depth == 0 && IsSymbol(sql, token, ";"u8))
                end = token.Start;
            else if (token.Depth == 0 && Is(sql, token, "INSERT"u8) && IsSymbol(sql, previous, ")"u8))
                kind = StatementKind.Other; // WITH … INSERT
            else if (Is(sql, previous, "INTO"u8) && Is(sql, token, "OUTFILE"u8))
                outfile = true;
            else if (clause is not null && (inSettings || Is(sql, token, "SETTINGS"u8)))
                inSettings = true;
            else if (
                token is { Depth: 0, Kind: SqlTokenKind.Word }
                && Is(sql, previous, "FORMAT"u8)
                && EndsAnExpression(sql, beforePrevious)
            )
                (clause, format) = (previous.Start, Encoding.UTF8.GetString(sql[token.Start..token.End]));
            else
                (clause, format) = (null, null); // only the last one is the clause; this was a name
            (beforePrevious, previous) = (previous, token);
        }
        return new(kind, format, clause ?? end ?? sql.Length, sql.Length) { Second = second, HasOutfile = outfile };
    }

    // FORMAT can also be the name of a column. The clause follows a complete expression.
    private static bool EndsAnExpression(ReadOnlySpan<byte> sql, SqlToken token) =>
        token.Kind switch
        {
            SqlTokenKind.Symbol => IsSymbol(sql, token, ")]}*"u8),
            SqlTokenKind.Word => !Is(sql, token, "BY"u8)
                && !Is(sql, token, "SELECT"u8)
                && !Is(sql, token, "DISTINCT"u8)
                && !Is(sql, token, "AND"u8)
                && !Is(sql, token, "OR"u8)
                && !Is(sql, token, "NOT"u8)
                && !Is(sql, token, "WHERE"u8)
                && !Is(sql, token, "HAVING"u8),
            _ => true,
        };

    private static Statement ReadInsert(ReadOnlySpan<byte> sql, ref SqlTokens tokens)
    {
        var isTarget = false;
        SqlToken previous = default;
        while (tokens.TryNext(out var token))
        {
            if (token.Depth == 0 && token.Kind == SqlTokenKind.Word && !isTarget)
            {
                if (Is(sql, token, "VALUES"u8))
                    return new(StatementKind.InsertData, "Values", token.Start, token.End);
                if (
                    Is(sql, token, "SELECT"u8)
                    || Is(sql, token, "WITH"u8)
                    || Is(sql, token, "INFILE"u8)
                    || Is(sql, token, "WATCH"u8)
                )
                    return ReadOther(sql, tokens, StatementKind.Other) with { Format = null, HeadEnd = sql.Length };
                if (Is(sql, token, "FORMAT"u8) && tokens.TryNext(out var name) && name.Kind == SqlTokenKind.Word)
                {
                    var format = Encoding.UTF8.GetString(sql[name.Start..name.End]);
                    return new(StatementKind.InsertData, format, token.Start, DataAfter(sql, name.End));
                }
            }
            // The word after INTO, TABLE, FUNCTION or a dot is always a name.
            isTarget =
                Is(sql, token, "INTO"u8)
                || IsSymbol(sql, token, "."u8)
                || (Is(sql, previous, "INTO"u8) && (Is(sql, token, "TABLE"u8) || Is(sql, token, "FUNCTION"u8)));
            if (isTarget && Is(sql, token, "INTO"u8) && NextIsKeyword(sql, tokens))
                isTarget = false;
            previous = token;
        }
        return new(StatementKind.Other, null, sql.Length, sql.Length);
    }

    // INSERT INTO TABLE t, INSERT INTO FUNCTION f(…): the keyword is not a name.
    private static bool NextIsKeyword(ReadOnlySpan<byte> sql, SqlTokens tokens) =>
        tokens.TryNext(out var token) && (Is(sql, token, "TABLE"u8) || Is(sql, token, "FUNCTION"u8));

    // As in the engine, rows start after the spaces behind the format's name and at most one line
    // end.
    private static int DataAfter(ReadOnlySpan<byte> sql, int at)
    {
        while (at < sql.Length && sql[at] is (byte)' ' or (byte)'\t' or (byte)'\f')
            at++;
        if (at < sql.Length && sql[at] == '\r')
            at++;
        if (at < sql.Length && sql[at] == '\n')
            at++;
        return at;
    }

    private static bool IsSymbol(ReadOnlySpan<byte> sql, SqlToken token, ReadOnlySpan<byte> anyOf) =>
        token.Kind == SqlTokenKind.Symbol && anyOf.Contains(sql[token.Start]);

    private static bool Is(ReadOnlySpan<byte> sql, SqlToken token, ReadOnlySpan<byte> word) =>
        token.Kind == SqlTokenKind.Word && Ascii.EqualsIgnoreCase(sql[token.Start..token.End], word);
}
