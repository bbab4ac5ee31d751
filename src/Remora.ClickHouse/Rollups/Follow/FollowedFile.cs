using System.Collections.Frozen;

namespace Remora.ClickHouse.Rollups.Follow;

/// <summary>The state of a file in the journal of a table.</summary>
public enum FollowedState
{
    /// <summary>A load of the file has begun. It is completed before any other file.</summary>
    Loading,

    /// <summary>All rows of the file are in the table.</summary>
    Loaded,

    /// <summary>A file with the same content was loaded before, so nothing was done.</summary>
    Duplicate,

    /// <summary>
    /// The file cannot be loaded, for example because it is damaged. None of its rows are in the
    /// table. It is tried again when it changes.
    /// </summary>
    Refused,

    /// <summary>
    /// The file was refused, and has since been removed from its folder or list.
    /// </summary>
    Gone,
}

/// <summary>What the journal of a table has about a file.</summary>
/// <param name="File">The name in the folder, or the URL.</param>
/// <param name="State">The state.</param>
/// <param name="Rows">The number of rows that were loaded.</param>
/// <param name="Reason">Why the file was refused, or which file had the same content.</param>
/// <param name="At">The time of the state.</param>
public sealed record FollowedFile(string File, FollowedState State, long Rows, string Reason, DateTimeOffset At)
{
    private static readonly FrozenDictionary<FollowedState, string> Names = new Dictionary<FollowedState, string>
    {
        [FollowedState.Loading] = "loading",
        [FollowedState.Loaded] = "loaded",
        [FollowedState.Duplicate] = "duplicate",
        [FollowedState.Refused] = "refused",
        [FollowedState.Gone] = "gone",
    }.ToFrozenDictionary();
    private static readonly FrozenDictionary<string, FollowedState> States = Names.ToFrozenDictionary(
        pair => pair.Value,
        pair => pair.Key
    );

    /// <summary>Returns the word for a state in the journal and in JSON.</summary>
    public static string NameOf(FollowedState state) => Names[state];

    internal static FollowedState StateOf(string name) => States[name];

    /// <summary>
    /// The size and the time of the last change; for a URL the hash that its list names.
    /// </summary>
    internal string Stamp { get; init; } = "";

    /// <summary>The SHA-256 of the content; empty if the file could not be read.</summary>
    internal string Hash { get; init; } = "";
}

/// <summary>A file that cannot be loaded now, for a reason that may pass.</summary>
/// <param name="File">The name in the folder, or the URL.</param>
/// <param name="Reason">The reason.</param>
public sealed record WaitingFile(string File, string Reason);

/// <summary>The result of one look at a folder or list.</summary>
/// <param name="Done">The files whose state has changed.</param>
/// <param name="Waiting">The files that are tried again at the next look.</param>
public sealed record FollowReport(IReadOnlyList<FollowedFile> Done, IReadOnlyList<WaitingFile> Waiting)
{
    /// <summary>Whether every file is in the table.</summary>
    public bool IsClean => Waiting.Count == 0 && Done.All(file => file.State != FollowedState.Refused);
}
