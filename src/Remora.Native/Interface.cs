using System.Runtime.InteropServices;

namespace Remora.Native;

/// <summary>The result of a call, as <c>remora_code</c> of remora.h.</summary>
internal enum ResultCode
{
    Ok = 0,
    Argument = 1,
    Engine = 2,
    Options = 3,
    Candle = 4,
    TooSmall = 5,
    Busy = 6,
    Internal = 99,
}

/// <summary>An array of the caller, as <c>remora_array</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeArray
{
    public void* Data;
    public long Length;
}

/// <summary>Candles as columns, as <c>remora_candles</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NativeCandles
{
    public NativeArray Time;
    public NativeArray Open;
    public NativeArray High;
    public NativeArray Low;
    public NativeArray Close;
    public NativeArray Volume;
}

/// <summary>A column to fill, as <c>remora_output</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeOutput
{
    public byte* Column;
    public int Policy;
    public int Side;
    public void* Data;
    public long Bytes;
}

/// <summary>The reason of a failure, as <c>remora_error</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeError
{
    public const int ColumnLength = 64;
    public const int MessageLength = 512;

    public int Code;
    public int Reserved;
    public long Row;
    public fixed byte Column[ColumnLength];
    public fixed byte Message[MessageLength];
}

/// <summary>A call that is refused, with its reason for the caller.</summary>
internal sealed class RefusedException(ResultCode code, string message, long row = -1, string column = "")
    : Exception(message)
{
    public ResultCode Code { get; } = code;

    public long Row { get; } = row;

    public string Column { get; } = column;
}
