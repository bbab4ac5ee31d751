namespace Remora.ClickHouseHost.Engine;

/// <summary>Escapes parameter values and string literals for the engine.</summary>
internal static class ParameterText
{
    /// <summary>Escapes a parameter value like a TabSeparated field.</summary>
    public static string Escape(string value) =>
        value
            .Replace("\\", "\\\\", StringComparison.Ordinal)
            .Replace("\t", "\\t", StringComparison.Ordinal)
            .Replace("\n", "\\n", StringComparison.Ordinal)
            .Replace("'", "\\'", StringComparison.Ordinal);

    /// <summary>Quotes a value as a string literal.</summary>
    public static string Quote(string value) => $"'{Escape(value)}'";
}
