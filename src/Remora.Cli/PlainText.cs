using System.Buffers;
using System.Text;

namespace Remora.Cli;

/// <summary>
/// Makes text from outside safe for a terminal. Characters that would move the cursor, change
/// colours, set the window title or reorder the line are written as <c>\u001b</c>. In JSON, that
/// escape means the same character.
/// </summary>
internal static class PlainText
{
    // Control characters except tab, line feed and carriage return; line separators; bidi marks.
    private static readonly SearchValues<char> Unsafe = SearchValues.Create([
        .. Enumerable
            .Range(0, char.MaxValue + 1)
            .Select(code => (char)code)
            .Where(c =>
                (char.IsControl(c) && c is not ('\t' or '\n' or '\r'))
                || c is '\u061c' or '\u200e' or '\u200f' or '\u2028' or '\u2029'
                || c is (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069')
            ),
    ]);

    /// <summary>Returns the text with unsafe characters escaped.</summary>
    public static string Of(string text)
    {
        if (!NeedsEscape(text))
            return text;
        var plain = new StringBuilder(text.Length + 16);
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            // A carriage return without a line feed lets the rest of the line overwrite its start.
            var isLoneReturn = c == '\r' && !text.AsSpan(i + 1).StartsWith('\n');
            if (isLoneReturn || Unsafe.Contains(c))
                plain.Append($"\\u{(int)c:x4}");
            else
                plain.Append(c);
        }
        return plain.ToString();
    }

    /// <summary>Returns a writer that applies <see cref="Of"/> to all text.</summary>
    public static TextWriter Over(TextWriter inner) => new Writer(inner);

    /// <summary>Copies text with unsafe characters escaped, as it arrives.</summary>
    public static async Task CopyAsync(TextReader from, TextWriter to, CancellationToken cancellation)
    {
        var buffer = new char[1 << 14];
        int kept = 0,
            read;
        while ((read = await from.ReadAsync(buffer.AsMemory(kept), cancellation)) > 0)
        {
            var length = kept + read;
            kept = buffer[length - 1] == '\r' ? 1 : 0; // the next character says whether it ends a line
            to.Write(Of(new(buffer, 0, length - kept)));
            if (kept > 0)
                buffer[0] = '\r';
        }
        to.Write(Of(new(buffer, 0, kept)));
    }

    private static bool NeedsEscape(ReadOnlySpan<char> text) => text.ContainsAny(Unsafe) || text.Contains('\r');

    private sealed class Writer(TextWriter inner) : TextWriter
    {
        public override Encoding Encoding => inner.Encoding;

        public override void Write(char value) => Write([value]);

        public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

        public override void Write(ReadOnlySpan<char> buffer)
        {
            if (NeedsEscape(buffer))
                inner.Write(Of(buffer.ToString()));
            else
                inner.Write(buffer);
        }

        public override void Write(string? value) => Write(value.AsSpan());

        public override void WriteLine(string? value)
        {
            Write(value.AsSpan());
            inner.WriteLine();
        }

        public override void Flush() => inner.Flush();
    }
}
