namespace Remora.Native;

/// <summary>
/// The texts of an engine's columns, each with a code, in the order in which they first occurred.
/// </summary>
internal sealed class TextTable
{
    private readonly List<string> _texts = [];
    private readonly Dictionary<string, int> _codes = [];

    /// <summary>The number of texts.</summary>
    public int Count => _texts.Count;

    /// <summary>Returns the text of a code.</summary>
    public string this[int code] => _texts[code];

    /// <summary>Returns the code of a text, which is added if it is new.</summary>
    public int CodeOf(string text)
    {
        if (_codes.TryGetValue(text, out var code))
            return code;
        code = _texts.Count;
        _texts.Add(text);
        _codes.Add(text, code);
        return code;
    }
}
