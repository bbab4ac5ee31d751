using System.Runtime.InteropServices;

namespace Remora.ClickHouseHost.Native;

/// <summary>
/// The functions of libchdb that the host uses. All text has explicit lengths, so that it can
/// contain zero bytes.
/// </summary>
internal static unsafe partial class Chdb
{
    private const string Library = "chdb";

    /// <summary>Binds the functions to a library file. Call it once, before all others.</summary>
    public static void LoadFrom(string path) =>
        NativeLibrary.SetDllImportResolver(
            typeof(Chdb).Assembly,
            (name, _, _) => name == Library ? NativeLibrary.Load(path) : 0
        );

    [LibraryImport(Library)]
    public static partial void chdb_set_signal_handlers_enabled(int enabled);

    [LibraryImport(Library)]
    public static partial void** chdb_connect(int count, byte** arguments);

    [LibraryImport(Library)]
    public static partial void chdb_close_conn(void** connection);

    [LibraryImport(Library)]
    public static partial int chdb_shutdown();

    [LibraryImport(Library)]
    public static partial void* chdb_query_with_params_n(
        void* connection,
        byte* sql,
        nuint sqlLength,
        byte* format,
        nuint formatLength,
        byte** names,
        nuint* nameLengths,
        byte** values,
        nuint* valueLengths,
        nuint parameters
    );

    [LibraryImport(Library)]
    public static partial void* chdb_stream_insert_with_params_n(
        void* connection,
        byte* sql,
        nuint sqlLength,
        byte* format,
        nuint formatLength,
        byte** names,
        nuint* nameLengths,
        byte** values,
        nuint* valueLengths,
        nuint parameters
    );

    [LibraryImport(Library)]
    public static partial int chdb_stream_append(void* stream, byte* data, nuint length);

    [LibraryImport(Library)]
    public static partial void* chdb_stream_done(void* stream);

    [LibraryImport(Library)]
    public static partial void chdb_stream_cancel_insert(void* stream);

    [LibraryImport(Library)]
    public static partial byte* chdb_stream_insert_error(void* stream);

    [LibraryImport(Library)]
    public static partial void chdb_destroy_insert_stream(void* stream);

    [LibraryImport(Library)]
    public static partial void chdb_destroy_query_result(void* result);

    [LibraryImport(Library)]
    public static partial byte* chdb_result_buffer(void* result);

    [LibraryImport(Library)]
    public static partial nuint chdb_result_length(void* result);

    [LibraryImport(Library)]
    public static partial byte* chdb_result_error(void* result);

    [LibraryImport(Library)]
    public static partial double chdb_result_elapsed(void* result);

    [LibraryImport(Library)]
    public static partial ulong chdb_result_rows_read(void* result);

    [LibraryImport(Library)]
    public static partial ulong chdb_result_bytes_read(void* result);

    [LibraryImport(Library)]
    public static partial ulong chdb_result_storage_rows_read(void* result);

    [LibraryImport(Library)]
    public static partial ulong chdb_result_storage_bytes_read(void* result);

    [LibraryImport(Library)]
    public static partial ulong chdb_result_rows_written(void* result);

    [LibraryImport(Library)]
    public static partial ulong chdb_result_bytes_written(void* result);
}
