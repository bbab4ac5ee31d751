using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Remora.ClickHouseHost.Engine;
using Remora.ClickHouseHost.Http;

namespace Remora.ClickHouseHost.Sql;

/// <summary>
/// The user of the port and of 'remora sql', who reads one database and the system tables that
/// clients need. The engine's parser reformats the statement, which drops comments, and returns its
/// syntax tree. Every node of the tree must be allowed. The checked text is the text that runs.
/// </summary>
internal sealed partial class ReadingUser(EmbeddedClickHouse engine, string database, string? password)
{
    public const string Name = "remora";

    private static readonly HashSet<string> Nodes = new(StringComparer.Ordinal)
    {
        "SelectWithUnionQuery",
        "SelectIntersectExceptQuery",
        "SelectQuery",
        "Subquery",
        "WithElement",
        "ExpressionList",
        "TablesInSelectQuery",
        "TablesInSelectQueryElement",
        "TableExpression",
        "TableJoin",
        "ArrayJoin",
        "SampleRatio",
        "Literal",
        "Asterisk",
        "QualifiedAsterisk",
        "ColumnsRegexpMatcher",
        "ColumnsListMatcher",
        "ColumnsTransformerList",
        "ColumnsExceptTransformer",
        "ColumnsReplaceTransformer",
        "ColumnsReplaceTransformer::Replacement",
        "OrderByElement",
        "InterpolateElement",
        "WindowDefinition",
        "WindowListElement",
        "DescribeQuery",
        "ExistsDatabaseQuery",
    };

    private static readonly HashSet<string> SystemTables = new(StringComparer.OrdinalIgnoreCase)
    {
        "build_options",
        "collations",
        "columns",
        "contributors",
        "data_skipping_indices",
        "data_type_families",
        "databases",
        "formats",
        "functions",
        "keywords",
        "licenses",
        "numbers",
        "numbers_mt",
        "one",
        "parts",
        "parts_columns",
        "projections",
        "settings",
        "table_engines",
        "table_functions",
        "tables",
        "time_zones",
        "key_column_usage",
        "referential_constraints",
        "schemata",
        "statistics",
        "views", // tables of information_schema
    };

    // The engine's categories of functions that depend on their arguments only.
    private const string Categories =
        "'Arithmetic', 'Arrays', 'Bit', 'Bitmap', 'Comparison', 'Conditional', 'Dates and Times', 'Distance', "
        + "'Encoding', 'Encryption', 'Financial', 'Geo', 'Geo Polygon', 'Hash', 'IP Address', 'JSON', 'Logical', "
        + "'Map', 'Mathematical', 'Null', 'NumericIndexedVector', 'QBit', 'Random Number', 'Rounding', 'String', "
        + "'String Replacement', 'String Search', 'String Splitting', 'Time Series', 'Time Window', 'Tuple', 'Type "
        + "Conversion', 'URL', 'UUID'";

    // Safe functions of its category 'Other', functions that its parser creates for operators, and
    // table functions that only compute.
    private const string Functions =
        "bar blockNumber byteSize countDigits currentDatabase currentSchemas currentUser defaultValueOfTypeName "
        + "finalizeAggregation formatReadableDecimalSize formatReadableQuantity formatReadableSize "
        + "formatReadableTimeDelta getSetting getSubcolumn hostName identity ignore indexHint initializeAggregation "
        + "isConstant lowCardinalityIndices lowCardinalityKeys materialize neighbor normalizeQuery parseReadableSize "
        + "parseTimeDelta partitionId queryID rowNumberInAllBlocks rowNumberInBlock runningAccumulate "
        + "runningDifference sleep throwIf toColumnTypeName toTypeName transform uptime variantElement variantType "
        + "version visibleWidth _CAST caseWithExpression exists grouping lambda untuple generateSeries "
        + "generate_series numbers numbers_mt SQLStandardValues values zeros zeros_mt";

    private static readonly string[] SettingPrefixes =
    [
        "max_",
        "output_format_",
        "format_csv_",
        "date_time_",
        "join_",
        "http_",
        "send_progress_",
        "cancel_http_",
        "add_http_",
    ];
    private static readonly string[] Settings =
    [
        "readonly",
        "extremes",
        "final",
        "limit",
        "offset",
        "session_timezone",
        "result_overflow_mode",
        "timeout_overflow_mode",
        "wait_end_of_query",
    ];

    private readonly byte[]? _password = password is null ? null : Hash(password);
    private readonly Lazy<HashSet<string>> _functions = new(
        () => ReadFunctions(engine),
        LazyThreadSafetyMode.PublicationOnly
    );
    private readonly Lazy<string[]> _combinators = new(
        () => engine.Query("SELECT name FROM system.aggregate_function_combinators").Split('\n'),
        LazyThreadSafetyMode.PublicationOnly
    );

    /// <summary>
    /// Returns whether the text is the user's password. Takes the same time for every wrong one.
    /// </summary>
    public bool HasPassword(string text) =>
        _password is not null && CryptographicOperations.FixedTimeEquals(_password, Hash(text));

    /// <summary>
    /// Returns the initial database of a request. It is always the database of the user, because
    /// unqualified names refer to it, and many clients send 'default' or 'system' without a
    /// setting.
    /// </summary>
    /// <exception cref="EngineException">The request names another database.</exception>
    public string DatabaseFor(string? named) =>
        named is null or EmbeddedClickHouse.DefaultDatabase or "system" || named == database
            ? database
            : throw Refuse($"the database '{named}'");

    /// <summary>Checks a request, and returns the statement to run.</summary>
    /// <exception cref="EngineException">
    /// The text is not a statement, or it does more than reading what is allowed.
    /// </exception>
    public byte[] Check(EngineSession session, byte[] text, RequestOptions request)
    {
        foreach (var setting in request.Settings.Keys)
        {
            if (
                setting == "output_format_schema"
                || !(
                    Settings.Contains(setting)
                    || SettingPrefixes.Any(prefix => setting.StartsWith(prefix, StringComparison.Ordinal))
                )
            )
                throw EngineException.Of(164, "READONLY", $"Cannot modify '{setting}' setting in readonly mode");
        }
        var sql = Rewrite(session, text);
        var tree = Encoding.UTF8.GetString(
            session.Run([.. "EXPLAIN AST "u8, .. sql], "TSVRaw", request.Parameters).Output
        );
        var databases = new Lazy<HashSet<string>>(() =>
            [.. engine.Query("SELECT name FROM system.databases").Split('\n')]
        );
        foreach (var line in tree.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            if (Refused(line, sql, databases) is { } what)
                throw Refuse(what);
        return sql;
    }

    private static byte[] Rewrite(EngineSession session, byte[] text)
    {
        var parameters = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["q"] = ParameterText.Escape(Encoding.UTF8.GetString(text)),
        };
        try
        {
            return session.Run("SELECT formatQuerySingleLine({q:String})"u8, "RawBLOB", parameters).Output;
        }
        catch (EngineException e)
        {
            throw new EngineException(e.Code, InFunction().Replace(e.Message, ". ("));
        }
    }

    // A name can contain a line end and so add lines. Each line is checked by itself, so added
    // lines can only cause a refusal.
    private string? Refused(string line, byte[] sql, Lazy<HashSet<string>> databases)
    {
        var depth = line.Length - line.TrimStart(' ').Length;
        var node = Node().Match(line);
        var (kind, rest) = (node.Groups["kind"].Value, node.Groups["rest"].Value);
        return kind switch
        {
            "Function" => IsAllowed(rest) ? null : $"the function '{rest.Split(' ')[0]}'",
            "TableIdentifier" => Table(rest),
            "Identifier" => Identifier(rest.Split(' ')[0], databases),
            "ShowCreateTableQuery" or "ExistsTableQuery" => Table(rest.Replace(' ', '.').TrimStart('.')),
            "ShowTables" or "ShowColumns" => sql.AsSpan().IndexOf((byte)'(') < 0
            && sql.AsSpan().IndexOf(" WHERE "u8) < 0
                ? null
                : "WHERE in SHOW", // the tree does not contain its condition
            "Literal" when depth == 1 => "INTO OUTFILE",
            "Set" => "a change of settings",
            _ when Nodes.Contains(kind) => null,
            _ => kind.Length == 0 ? line.Trim() : kind.Replace("Query", "", StringComparison.Ordinal),
        };
    }

    // The name of a column, or of a table as in 'x IN system.users'.
    private string? Identifier(string text, Lazy<HashSet<string>> databases)
    {
        var parts = text.Split('.');
        if (parts.Length > 1 && parts[0] != database && databases.Value.Contains(parts[0]))
            return Table($"{parts[0]}.{parts[1]}");
        // The engine treats files as tables in this database
        return database == EmbeddedClickHouse.DefaultDatabase && text.Contains('/') ? Table(text) : null;
    }

    private string? Table(string text)
    {
        var name = TableName().Match(text);
        var of = name.Groups["database"];
        var isAllowed =
            name.Success
            && (
                !of.Success
                || of.Value == database
                || (
                    of.Value.ToLowerInvariant() is "system" or "information_schema"
                    && SystemTables.Contains(name.Groups["table"].Value)
                )
            );
        return isAllowed ? null : $"the table '{text.Split(" (", 2)[0]}'";
    }

    // For example sumIf or quantilesTDigestMergeState: the name of an aggregate function with
    // combinators.
    private bool IsAllowed(string text)
    {
        var name = text.Split(' ')[0];
        while (!_functions.Value.Contains(name))
        {
            var combinator = Array.Find(
                _combinators.Value,
                ending => name.Length > ending.Length && name.EndsWith(ending, StringComparison.Ordinal)
            );
            if (combinator is null)
                return false;
            name = name[..^combinator.Length];
        }
        return true;
    }

    private EngineException Refuse(string what) =>
        EngineException.Of(
            497,
            "ACCESS_DENIED",
            $"{Name}: Not enough privileges. This user only reads the database '{database}' and some system tables: "
                + $"{what} is not allowed"
        );

    private static HashSet<string> ReadFunctions(EmbeddedClickHouse engine)
    {
        const string own =
            $"SELECT name FROM system.functions WHERE origin = 'System' AND (is_aggregate OR categories IN "
            + $"({Categories}))";
        var names = engine
            .Query($"SELECT name FROM system.functions WHERE name IN ({own}) OR alias_to IN ({own})")
            .Split('\n');
        return new(names.Concat(Functions.Split(' ')), StringComparer.OrdinalIgnoreCase);
    }

    private static byte[] Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));

    [GeneratedRegex(
        @"^ *(?<kind>[A-Za-z:]+)(?: (?<rest>.*?))?(?: \(children \d+\))?$",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex Node();

    [GeneratedRegex(
        @"^(?:(?<database>\w+)\.)?(?<table>\w+)(?: \(alias .*\))?$",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex TableName();

    [GeneratedRegex(
        @"\.? ?: (?:In scope|while processing|While processing) .*formatQuerySingleLine\(.*\)\. \(",
        RegexOptions.Singleline | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex InFunction();
}
