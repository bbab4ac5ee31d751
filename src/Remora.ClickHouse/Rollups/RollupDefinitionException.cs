namespace Remora.ClickHouse.Rollups;

/// <summary>A definition is invalid. The message contains file, line and cause.</summary>
public sealed class RollupDefinitionException(string file, int line, string reason)
    : Exception($"{file}, line {line}: {reason}")
{
    public string File { get; } = file;

    public int Line { get; } = line;

    public string Reason { get; } = reason;
}

/// <summary>A rollup operation failed. Running it again completes what was started.</summary>
public sealed class RollupException(string message, Exception? inner = null) : Exception(message, inner);
