namespace Remora.ClickHouse.Rollups;

/// <summary>A definition that cannot be used: where it is wrong, and why.</summary>
public sealed class RollupDefinitionException(string file, int line, string reason) : Exception($"{file}, line {line}: {reason}")
{
    public string File { get; } = file;

    public int Line { get; } = line;

    public string Reason { get; } = reason;
}

/// <summary>A verb of the life cycle cannot be carried out; nothing is half done that running it again does not finish.</summary>
public sealed class RollupException(string message) : Exception(message);
