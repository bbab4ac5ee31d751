using System.Runtime.InteropServices;

namespace Remora.ClickHouseHost.Native;

/// <summary>The functions of libchdb that the host uses.</summary>
internal static unsafe partial class Chdb
{
    private const string Library = "chdb";

    /// <summary>Binds the functions to a library file. Call it once, before all others.</summary>
    public static void LoadFrom(string path) =>
        NativeLibrary.SetDllImportResolver(
            typeof(Chdb).Assembly,
            (name, _, _) => name == Library ? NativeLibrary.Load(path) : 0
        );

    /// <summary>
    /// Runs clickhouse-local with its command line, until its session ends. Only this way has a
    /// session servers to start: <c>SYSTEM START LISTEN</c> fails after <c>chdb_connect</c>.
    /// </summary>
    /// <returns>The error; empty if it ended without one.</returns>
    public static string Run(IReadOnlyList<string> arguments)
    {
        using var texts = new NativeStrings(arguments);
        // The library's handler of SIGSEGV would end the process at the first null dereference in
        // managed code.
        chdb_set_signal_handlers_enabled(0);
        var result = chdb_query_cmdline(arguments.Count, texts.Pointers);
        return result is null ? "no result" : Marshal.PtrToStringUTF8((nint)chdb_result_error(result)) ?? "";
    }

    [LibraryImport(Library)]
    private static partial void chdb_set_signal_handlers_enabled(int enabled);

    [LibraryImport(Library)]
    private static partial void* chdb_query_cmdline(int count, byte** arguments);

    [LibraryImport(Library)]
    private static partial byte* chdb_result_error(void* result);
}
