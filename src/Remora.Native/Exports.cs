using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Remora.Markets;

namespace Remora.Native;

/// <summary>
/// The functions of the C interface, which remora.h documents. No exception leaves them: each one
/// becomes a code and a message.
/// </summary>
internal static unsafe class Exports
{
    /// <summary>The version of the interface, <c>REMORA_ABI_VERSION</c>.</summary>
    public const int AbiVersion = 1;

    private const long NoTime = long.MinValue;

    [UnmanagedCallersOnly(EntryPoint = "remora_abi_version")]
    public static int GetAbiVersion() => AbiVersion;

    [UnmanagedCallersOnly(EntryPoint = "remora_describe")]
    public static int Describe(byte* buffer, long capacity, long* length, NativeError* error)
    {
        try
        {
            var description = LibraryDescription.Current;
            NativeText.Write(
                JsonSerializer.SerializeToUtf8Bytes(description, NativeJson.Shared.LibraryDescription),
                buffer,
                capacity,
                length
            );
            return Succeed(error);
        }
        catch (Exception e)
        {
            return Fail(error, e);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "remora_create")]
    public static int Create(byte* options, long length, ulong* engine, NativeError* error)
    {
        try
        {
            if (engine is null)
                throw new RefusedException(ResultCode.Argument, "engine is null");
            *engine = 0;
            *engine = Handles.Add(new(EngineOptions.Parse(NativeText.Read(options, length, "options"))));
            return Succeed(error);
        }
        catch (Exception e)
        {
            return Fail(error, e);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "remora_apply")]
    public static int Apply(ulong engine, NativeCandles* candles, NativeOutput* outputs, long count, NativeError* error)
    {
        try
        {
            if (candles is null)
                throw new RefusedException(ResultCode.Argument, "candles is null");
            if (count is < 0 or > int.MaxValue || (outputs is null && count > 0))
                throw new RefusedException(ResultCode.Argument, $"outputs is null, or its count is invalid: {count}");
            Handles
                .Find(engine)
                .Run(session =>
                {
                    session.Apply(*candles, new(outputs, (int)count));
                    return true;
                });
            return Succeed(error);
        }
        catch (Exception e)
        {
            return Fail(error, e);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "remora_seed")]
    public static int Seed(ulong engine, NativeCandles* hourly, NativeCandles* daily, NativeError* error)
    {
        try
        {
            if (hourly is null || daily is null)
                throw new RefusedException(ResultCode.Argument, $"{(hourly is null ? "hourly" : "daily")} is null");
            Handles
                .Find(engine)
                .Run(session =>
                {
                    session.Seed(*hourly, *daily);
                    return true;
                });
            return Succeed(error);
        }
        catch (Exception e)
        {
            return Fail(error, e);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "remora_observe")]
    public static int Observe(ulong engine, byte* outside, long length, NativeError* error)
    {
        try
        {
            Handles
                .Find(engine)
                .Run(session =>
                {
                    session.Observe(EngineOptions.ParseOutside(NativeText.Read(outside, length, "outside")));
                    return true;
                });
            return Succeed(error);
        }
        catch (Exception e)
        {
            return Fail(error, e);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "remora_json")]
    public static int Json(
        ulong engine,
        int policy,
        int side,
        long now,
        byte* buffer,
        long capacity,
        long* length,
        NativeError* error
    )
    {
        try
        {
            Instant? moment = now == NoTime ? null : new(now);
            var json = Handles.Find(engine).Run(session => session.ToJson(policy, side, moment));
            NativeText.Write(json, buffer, capacity, length);
            return Succeed(error);
        }
        catch (Exception e)
        {
            return Fail(error, e);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "remora_book")]
    public static int Book(
        ulong* engines,
        long count,
        long at,
        byte* question,
        long questionLength,
        byte* buffer,
        long capacity,
        long* length,
        NativeError* error
    )
    {
        try
        {
            if (count is < 0 or > BookQuestion.MostEngines || (engines is null && count > 0))
                throw new RefusedException(
                    ResultCode.Argument,
                    $"engines is null, or there are {count}: expected 0 to {BookQuestion.MostEngines}"
                );
            Instant? moment = at == NoTime ? null : new(at);
            var json = BookQuestion
                .Parse(NativeText.Read(question, questionLength, "question"))
                .Answer(new(engines, (int)count), moment);
            NativeText.Write(json, buffer, capacity, length);
            return Succeed(error);
        }
        catch (Exception e)
        {
            return Fail(error, e);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "remora_text")]
    public static int Text(ulong engine, int code, byte* buffer, long capacity, long* length, NativeError* error)
    {
        try
        {
            var text = Handles.Find(engine).Run(session => session.Text(code));
            NativeText.Write(Encoding.UTF8.GetBytes(text), buffer, capacity, length);
            return Succeed(error);
        }
        catch (Exception e)
        {
            return Fail(error, e);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "remora_free")]
    public static int Free(ulong engine, NativeError* error)
    {
        try
        {
            Handles.Remove(engine);
            return Succeed(error);
        }
        catch (Exception e)
        {
            return Fail(error, e);
        }
    }

    private static int Succeed(NativeError* error) => Report(error, ResultCode.Ok, -1, "", "");

    private static int Fail(NativeError* error, Exception e) =>
        e is RefusedException refused
            ? Report(error, refused.Code, refused.Row, refused.Column, refused.Message)
            : Report(error, ResultCode.Internal, -1, "", $"{e.GetType().Name}: {e.Message}");

    private static int Report(NativeError* error, ResultCode code, long row, string column, string message)
    {
        if (error is not null)
        {
            error->Code = (int)code;
            error->Reserved = 0;
            error->Row = row;
            NativeText.Fill(column, error->Column, NativeError.ColumnLength);
            NativeText.Fill(message, error->Message, NativeError.MessageLength);
        }
        return (int)code;
    }
}
