namespace Remora.Server.Api;

/// <summary>Formats values for error texts.</summary>
internal static class Shown
{
    private const int Longest = 64;

    /// <summary>Returns a text of the caller, shortened if it is long.</summary>
    public static string Of(string text) => text.Length <= Longest ? text : text[..Longest] + "…";

    /// <summary>Returns the allowed values: <c>a, b or c</c>.</summary>
    public static string Choice(IReadOnlyList<string> allowed) =>
        allowed.Count < 2 ? string.Concat(allowed) : $"{string.Join(", ", allowed.SkipLast(1))} or {allowed[^1]}";
}
