namespace Remora.ClickHouseHost.Engine;

/// <summary>Text as the engine reads parameter values and string literals.</summary>
internal static class ParameterText
{
    /// <summary>A value as a parameter: the escapes of a TabSeparated field.</summary>
    public static string Escape(string value) => value
        .Replace("\\", "\\\\", StringComparison.Ordinal)
        .Replace("\t", "\\t", StringComparison.Ordinal)
        .Replace("\n", "\\n", StringComparison.Ordinal)
        .Replace("'", "\\'", StringComparison.Ordinal);

    /// <summary>A value as a string literal.</summary>
    public static string Quote(string value) => $"'{Escape(value)}'";
}
