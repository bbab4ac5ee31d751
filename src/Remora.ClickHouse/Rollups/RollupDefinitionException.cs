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
public class RollupException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>
/// A file cannot be loaded, for example because it is damaged. None of its rows were loaded.
/// </summary>
public sealed class RefusedFileException(string message, Exception? inner = null) : RollupException(message, inner);
