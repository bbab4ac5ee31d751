using System.Text;

namespace Remora.Forecasts;

/// <summary>
/// Named parts of saved state as the content of one file, with a format number and a hash. A reader
/// takes the parts that it knows, so a later version can add others.
/// </summary>
public static class StateFile
{
    /// <summary>The maximum size of a file in bytes.</summary>
    public const int Largest = 16 << 20;

    private const long Format = 0x0031_4554_4154_5352; // RSTATE1
    private const int MostParts = 64;

    /// <summary>Returns the content of a file.</summary>
    /// <param name="parts">At most 64 parts, 16 MiB together.</param>
    public static byte[] Write(IReadOnlyDictionary<string, byte[]> parts)
    {
        var codec = StateCodec.Writer();
        codec.Expect(Format, "format");
        var count = (long)parts.Count;
        codec.Field(ref count);
        foreach (var (name, part) in parts)
        {
            WriteBytes(codec, Encoding.UTF8.GetBytes(name));
            WriteBytes(codec, part);
        }
        return codec.ToBytes();
    }

    /// <summary>Returns the parts of a file.</summary>
    /// <exception cref="FormatException">The content is damaged or of another format.</exception>
    public static IReadOnlyDictionary<string, byte[]> Read(ReadOnlySpan<byte> content)
    {
        var codec = StateCodec.Reader(content);
        codec.Expect(Format, "format");
        var count = codec.Number(MostParts);
        var parts = new Dictionary<string, byte[]>();
        for (var i = 0; i < count; i++)
            parts[Encoding.UTF8.GetString(ReadBytes(codec))] = ReadBytes(codec);
        codec.End();
        return parts;
    }

    private static void WriteBytes(StateCodec codec, byte[] bytes)
    {
        var length = (long)bytes.Length;
        codec.Field(ref length);
        codec.Field(bytes.AsSpan());
    }

    private static byte[] ReadBytes(StateCodec codec)
    {
        var bytes = new byte[codec.Number(Largest)];
        codec.Field(bytes.AsSpan());
        return bytes;
    }
}
