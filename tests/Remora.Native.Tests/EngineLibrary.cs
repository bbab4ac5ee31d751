using System.Runtime.InteropServices;
using System.Text;
using Remora.Columns;
using Remora.Markets;

namespace Remora.Native.Tests;

/// <summary>The functions of remora.h, for tests.</summary>
internal sealed unsafe class EngineLibrary
{
    private readonly delegate* unmanaged<byte*, long, ulong*, Failure*, int> _create;
    private readonly delegate* unmanaged<ulong, CandleArrays*, Output*, long, Failure*, int> _apply;
    private readonly delegate* unmanaged<ulong, byte*, long, Failure*, int> _observe;
    private readonly delegate* unmanaged<ulong, int, int, long, byte*, long, long*, Failure*, int> _json;
    private readonly delegate* unmanaged<ulong*, long, long, byte*, long, byte*, long, long*, Failure*, int> _book;
    private readonly delegate* unmanaged<ulong, int, byte*, long, long*, Failure*, int> _text;
    private readonly delegate* unmanaged<ulong, Failure*, int> _free;
    private readonly delegate* unmanaged<byte*, long, long*, Failure*, int> _describe;

    public EngineLibrary(string path)
    {
        var library = NativeLibrary.Load(path);
        _create = (delegate* unmanaged<byte*, long, ulong*, Failure*, int>)Find("create");
        _apply = (delegate* unmanaged<ulong, CandleArrays*, Output*, long, Failure*, int>)Find("apply");
        _observe = (delegate* unmanaged<ulong, byte*, long, Failure*, int>)Find("observe");
        _json = (delegate* unmanaged<ulong, int, int, long, byte*, long, long*, Failure*, int>)Find("json");
        _book = (delegate* unmanaged<ulong*, long, long, byte*, long, byte*, long, long*, Failure*, int>)Find("book");
        _text = (delegate* unmanaged<ulong, int, byte*, long, long*, Failure*, int>)Find("text");
        _free = (delegate* unmanaged<ulong, Failure*, int>)Find("free");
        _describe = (delegate* unmanaged<byte*, long, long*, Failure*, int>)Find("describe");

        void* Find(string name) => (void*)NativeLibrary.GetExport(library, "remora_" + name);
    }

    public ulong Create(string options)
    {
        var text = Encoding.UTF8.GetBytes(options);
        ulong engine;
        Failure failure;
        fixed (byte* start = text)
            Check(_create(start, text.Length, &engine, &failure), failure);
        return engine;
    }

    /// <summary>Applies candles and returns the filled columns, one for each request.</summary>
    public Array[] Apply(ulong engine, ReadOnlySpan<Candle> candles, IReadOnlyList<Request> requests)
    {
        var time = new long[candles.Length];
        var values = new double[5][];
        for (var i = 0; i < values.Length; i++)
            values[i] = new double[candles.Length];
        for (var row = 0; row < candles.Length; row++)
        {
            var candle = candles[row];
            time[row] = candle.OpenTime.UnixMilliseconds;
            (values[0][row], values[1][row], values[2][row]) = (candle.Open, candle.High, candle.Low);
            (values[3][row], values[4][row]) = (candle.Close, candle.Volume);
        }
        var filled = requests.Select(request => Allocate(request.Kind, time.Length)).ToArray();
        Apply(engine, [time, .. values], requests, filled);
        return filled;
    }

    /// <summary>Applies arrays of any length and fills arrays of any length.</summary>
    public void Apply(ulong engine, Array[] candles, IReadOnlyList<Request> requests, Array[] filled)
    {
        var pins = new List<GCHandle>();
        try
        {
            var outputs = new Output[requests.Count];
            for (var i = 0; i < outputs.Length; i++)
                outputs[i] = new()
                {
                    Column = Pin(Encoding.UTF8.GetBytes(requests[i].Column + "\0")),
                    Policy = requests[i].Policy,
                    Side = requests[i].Side,
                    Data = Pin(filled[i]),
                    Bytes = Buffer.ByteLength(filled[i]),
                };
            var arrays = new CandleArrays
            {
                Time = new(Pin(candles[0]), candles[0].Length),
                Open = new(Pin(candles[1]), candles[1].Length),
                High = new(Pin(candles[2]), candles[2].Length),
                Low = new(Pin(candles[3]), candles[3].Length),
                Close = new(Pin(candles[4]), candles[4].Length),
                Volume = new(Pin(candles[5]), candles[5].Length),
            };
            Failure failure;
            fixed (Output* first = outputs)
                Check(_apply(engine, &arrays, first, outputs.Length, &failure), failure);
        }
        finally
        {
            pins.ForEach(pin => pin.Free());
        }

        void* Pin(Array array)
        {
            var pin = GCHandle.Alloc(array, GCHandleType.Pinned);
            pins.Add(pin);
            return array.Length == 0 ? null : (void*)pin.AddrOfPinnedObject();
        }
    }

    public void Observe(ulong engine, string outside)
    {
        var text = Encoding.UTF8.GetBytes(outside);
        Failure failure;
        fixed (byte* start = text)
            Check(_observe(engine, start, text.Length, &failure), failure);
    }

    public string Json(ulong engine, int policy = 0, int side = 0, long now = long.MinValue) =>
        Read(
            (buffer, capacity, length, failure) =>
                _json(engine, policy, side, now, (byte*)buffer, capacity, (long*)length, (Failure*)failure)
        );

    public string Book(ulong[] engines, string question, long at = long.MinValue)
    {
        var text = Encoding.UTF8.GetBytes(question);
        fixed (byte* start = text)
        fixed (ulong* first = engines)
        {
            var (asked, handles) = ((nint)start, (nint)first);
            return Read(
                (buffer, capacity, length, failure) =>
                    _book(
                        (ulong*)handles,
                        engines.Length,
                        at,
                        (byte*)asked,
                        text.Length,
                        (byte*)buffer,
                        capacity,
                        (long*)length,
                        (Failure*)failure
                    )
            );
        }
    }

    public string Text(ulong engine, int code) =>
        Read(
            (buffer, capacity, length, failure) =>
                _text(engine, code, (byte*)buffer, capacity, (long*)length, (Failure*)failure)
        );

    public string Describe() =>
        Read(
            (buffer, capacity, length, failure) => _describe((byte*)buffer, capacity, (long*)length, (Failure*)failure)
        );

    public void Free(ulong engine)
    {
        Failure failure;
        Check(_free(engine, &failure), failure);
    }

    private static string Read(Func<nint, long, nint, nint, int> call)
    {
        const int tooSmall = 5;
        long length;
        Failure failure;
        Assert.Equal(tooSmall, CheckBut(tooSmall, call(0, 0, (nint)(&length), (nint)(&failure)), failure));
        var buffer = new byte[length + 1];
        fixed (byte* start = buffer)
            Check(call((nint)start, buffer.Length, (nint)(&length), (nint)(&failure)), failure);
        Assert.Equal(0, buffer[^1]);
        return Encoding.UTF8.GetString(buffer, 0, (int)length);
    }

    private static Array Allocate(ValueKind kind, int rows) =>
        kind switch
        {
            ValueKind.Number => new double[rows],
            ValueKind.Boolean => new byte[rows],
            ValueKind.Text or ValueKind.List => new int[rows],
            _ => new long[rows],
        };

    private static int CheckBut(int allowed, int code, Failure failure)
    {
        if (code != allowed)
            Check(code, failure);
        return code;
    }

    private static void Check(int code, Failure failure)
    {
        Assert.Equal(code, failure.Code);
        if (code == 0)
            return;
        throw new EngineRefusal(code, failure.Row, TextAt(failure.Column), TextAt(failure.Message));
    }

    private static string TextAt(byte* text) => Marshal.PtrToStringUTF8((nint)text)!;

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct ArrayOf(nint Data, long Length)
    {
        public ArrayOf(void* data, long length)
            : this((nint)data, length) { }
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct CandleArrays
    {
        public ArrayOf Time;
        public ArrayOf Open;
        public ArrayOf High;
        public ArrayOf Low;
        public ArrayOf Close;
        public ArrayOf Volume;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Output
    {
        public void* Column;
        public int Policy;
        public int Side;
        public void* Data;
        public long Bytes;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Failure
    {
        public int Code;
        public int Reserved;
        public long Row;
        public fixed byte Column[64];
        public fixed byte Message[512];
    }
}

/// <summary>A column that a test asks for.</summary>
internal sealed record Request(string Column, ValueKind Kind, int Policy = 0, int Side = 0);

/// <summary>A call that the library refused.</summary>
internal sealed class EngineRefusal(int code, long row, string column, string message) : Exception(message)
{
    public int Code { get; } = code;

    public long Row { get; } = row;

    public string Column { get; } = column;
}
