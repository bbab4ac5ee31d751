using System.Runtime.InteropServices;
using System.Text;

namespace Remora.ClickHouseHost.Native;

/// <summary>
/// Strings in native memory with their lengths, for C functions. They are freed together.
/// </summary>
internal sealed unsafe class NativeStrings : IDisposable
{
    private readonly byte** _pointers;
    private readonly nuint* _lengths;
    private readonly int _count;

    public NativeStrings(IReadOnlyList<string> texts)
    {
        _count = texts.Count;
        _pointers = (byte**)NativeMemory.AllocZeroed((nuint)(_count + 1), (nuint)sizeof(byte*));
        _lengths = (nuint*)NativeMemory.AllocZeroed((nuint)(_count + 1), (nuint)sizeof(nuint));
        for (var i = 0; i < _count; i++)
        {
            var bytes = Encoding.UTF8.GetBytes(texts[i]);
            _pointers[i] = (byte*)NativeMemory.AllocZeroed((nuint)bytes.Length + 1);
            _lengths[i] = (nuint)bytes.Length;
            bytes.CopyTo(new Span<byte>(_pointers[i], bytes.Length));
        }
    }

    public byte** Pointers => _pointers;

    public nuint* Lengths => _lengths;

    public void Dispose()
    {
        for (var i = 0; i < _count; i++)
            NativeMemory.Free(_pointers[i]);
        NativeMemory.Free(_pointers);
        NativeMemory.Free(_lengths);
    }
}
