namespace Remora.ClickHouseHost.Sql;

internal enum SqlTokenKind
{
    Word,
    Quoted,
    Text,
    Number,
    Symbol,
}

/// <summary>A token with its position and its bracket depth.</summary>
internal readonly record struct SqlToken(SqlTokenKind Kind, int Start, int End, int Depth);

/// <summary>
/// Splits SQL into tokens by ClickHouse's rules for strings, quoted names, comments and heredocs.
/// Does not parse grammar.
/// </summary>
internal ref struct SqlTokens(ReadOnlySpan<byte> sql)
{
    private readonly ReadOnlySpan<byte> _sql = sql;
    private int _at;
    private int _depth;

    /// <summary>The position at which the search for the next token starts.</summary>
    public readonly int Position => _at;

    public bool TryNext(out SqlToken token)
    {
        SkipBlank();
        if (_at >= _sql.Length)
        {
            token = default;
            return false;
        }
        var start = _at;
        var first = _sql[_at];
        var kind = SqlTokenKind.Symbol;
        if (first is (byte)'\'' or (byte)'"' or (byte)'`')
        {
            kind = first == '\'' ? SqlTokenKind.Text : SqlTokenKind.Quoted;
            SkipQuoted(first);
        }
        else if (first == '$' && TrySkipHereDocument())
        {
            kind = SqlTokenKind.Text;
        }
        else if (IsWord(first))
        {
            kind = char.IsAsciiDigit((char)first) ? SqlTokenKind.Number : SqlTokenKind.Word;
            while (_at < _sql.Length && IsWord(_sql[_at]))
                _at++;
        }
        else
        {
            _at++;
            if (first is (byte)')' or (byte)']' or (byte)'}')
                _depth--;
        }
        token = new(kind, start, _at, _depth);
        if (kind == SqlTokenKind.Symbol && first is (byte)'(' or (byte)'[' or (byte)'{')
            _depth++;
        return true;
    }

    private static bool IsWord(byte value) =>
        char.IsAsciiLetterOrDigit((char)value) || value is (byte)'_' or (byte)'$' || value >= 0x80;

    private void SkipBlank()
    {
        while (_at < _sql.Length)
        {
            var rest = _sql[_at..];
            if (rest[0] <= ' ')
                _at++;
            else if (rest.StartsWith("--"u8) || rest.StartsWith("#!"u8) || rest.StartsWith("# "u8))
                SkipPast("\n"u8, 1);
            else if (rest.StartsWith("/*"u8))
                SkipPast("*/"u8, 2);
            else
                return;
        }
    }

    private void SkipQuoted(byte quote)
    {
        for (_at++; _at < _sql.Length; _at++)
        {
            if (_sql[_at] == '\\')
            {
                _at++;
            }
            else if (_sql[_at] == quote)
            {
                if (_at + 1 == _sql.Length || _sql[_at + 1] != quote)
                    break;
                _at++;
            }
        }
        _at = Math.Min(_at + 1, _sql.Length);
    }

    private bool TrySkipHereDocument()
    {
        var rest = _sql[(_at + 1)..];
        var tagLength = rest.IndexOf((byte)'$');
        if (tagLength < 0)
            return false;
        foreach (var letter in rest[..tagLength])
            if (!IsWord(letter))
                return false;
        var tag = _sql.Slice(_at, tagLength + 2);
        var length = _sql[(_at + tag.Length)..].IndexOf(tag);
        if (length < 0)
            return false;
        _at += length + (2 * tag.Length);
        return true;
    }

    private void SkipPast(ReadOnlySpan<byte> end, int from)
    {
        var length = _sql[(_at + from)..].IndexOf(end);
        _at = length < 0 ? _sql.Length : _at + from + length + end.Length;
    }
}
