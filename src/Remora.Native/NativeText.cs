using System.Text;
using System.Text.Unicode;

namespace Remora.Native;

/// <summary>Texts in the memory of the caller: UTF-8, ended by NUL.</summary>
internal static unsafe class NativeText
{
    /// <summary>The longest text that is read, in bytes.</summary>
    public const int Longest = 1 << 26;

    /// <summary>The length that says that a text ends with NUL.</summary>
    private const long Ended = -1;

    /// <summary>Returns the bytes of a text.</summary>
    /// <exception cref="RefusedException">The text is null or too long.</exception>
    public static ReadOnlySpan<byte> Read(byte* text, long length, string name, int longest = Longest)
    {
        if (text is null)
            throw new RefusedException(ResultCode.Argument, $"{name} is null");
        if (length == Ended)
            for (length = 0; length <= longest && text[length] != 0; )
                length++;
        return length >= 0 && length <= longest
            ? new(text, (int)length)
            : throw new RefusedException(
                ResultCode.Argument,
                $"{name} has a length of {length} bytes: expected 0 to {longest}, or -1 for a text that ends with NUL"
            );
    }

    /// <summary>Writes a text and a NUL.</summary>
    /// <exception cref="RefusedException">The buffer is null or too small.</exception>
    public static void Write(ReadOnlySpan<byte> text, byte* buffer, long capacity, long* length)
    {
        if (length is not null)
            *length = text.Length;
        if (capacity <= text.Length)
            throw new RefusedException(
                ResultCode.TooSmall,
                $"the buffer has {capacity} bytes, and the text needs {text.Length + 1}"
            );
        if (buffer is null)
            throw new RefusedException(ResultCode.Argument, "buffer is null");
        text.CopyTo(new(buffer, text.Length));
        buffer[text.Length] = 0;
    }

    /// <summary>Writes as much of a text as a field of a struct can hold, and a NUL.</summary>
    public static void Fill(string text, byte* field, int size)
    {
        Utf8.FromUtf16(text, new(field, size - 1), out _, out var written);
        field[written] = 0;
    }

    /// <summary>Decodes a text.</summary>
    public static string Decode(ReadOnlySpan<byte> text) => Encoding.UTF8.GetString(text);
}
