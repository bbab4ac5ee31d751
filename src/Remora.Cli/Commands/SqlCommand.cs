using System.CommandLine;
using Microsoft.Win32.SafeHandles;
using Remora.ClickHouse;

namespace Remora.Cli.Commands;

/// <summary><c>remora sql</c>: runs a read-only SQL statement on the store.</summary>
internal static class SqlCommand
{
    private const string Standard = "-";

    public static Command Create()
    {
        var sql = new Argument<string[]>("SQL")
        {
            Description = "One read-only statement; - reads it from standard input",
            Arity = ArgumentArity.OneOrMore,
        };
        var format = new Option<string?>("--format", "-f")
        {
            Description =
                "ClickHouse output format, for example CSVWithNames, JSONEachRow or Parquet [default: PrettyCompact "
                + "on a terminal, TabSeparated elsewhere]",
            HelpName = "FORMAT",
        };
        var values = new Option<string[]>("--param", "-p")
        {
            Description = "Value of the parameter {name:Type} in the statement; it is never parsed as SQL; repeatable",
            HelpName = "NAME=VALUE",
        };
        values.Validators.Add(result =>
        {
            foreach (var token in result.Tokens)
                if (!SqlName.TryParse(token.Value.Split('=', 2)[0], out _) || !token.Value.Contains('='))
                    result.AddError(
                        $"--param '{token.Value}': expected name=value, for {{name:Type}} in the statement"
                    );
        });
        var store = new StoreOptionSet();
        var command = new Command(
            "sql",
            "Runs a read-only SQL statement on the store. Exit code: 0 done, 2 refused, 3 no store or cancelled."
        )
        {
            sql,
            format,
            values,
        };
        store.AddTo(command);
        command.SetAction(
            async (parsed, cancellation) =>
            {
                var text = string.Join(' ', parsed.GetValue(sql)!);
                if (text == Standard)
                    text = await Console.In.ReadToEndAsync(cancellation);
                if (string.IsNullOrWhiteSpace(text))
                    return Terminal.Fail("no statement given: try remora sql \"SHOW TABLES\"", ExitCode.Usage);
                var parameters = new QueryParameters();
                foreach (var value in parsed.GetValue(values) ?? [])
                    parameters.Add(value.Split('=', 2)[0], value.Split('=', 2)[1]);
                var wanted = parsed.GetValue(format) ?? DefaultFormat;
                return await store.AttemptReadingAsync(
                    parsed,
                    open => AskAsync(open, text, wanted, parameters, cancellation),
                    cancellation
                );
            }
        );
        return command;
    }

    private static string DefaultFormat => Console.IsOutputRedirected ? "TabSeparated" : "PrettyCompact";

    private static async Task<int> AskAsync(
        ClickHouseConnection store,
        string sql,
        string format,
        QueryParameters parameters,
        CancellationToken cancellation
    )
    {
        var options = new QueryOptions
        {
            Parameters = parameters,
            Timeout = Timeout.InfiniteTimeSpan,
            // Ctrl+C ends the query too
            Settings = new Dictionary<string, string> { ["cancel_http_readonly_queries_on_client_close"] = "1" },
        };
        await using var answer = await store.Reader.StreamAsync(sql, format, options, cancellation);
        if (!Console.IsOutputRedirected)
        {
            using var text = new StreamReader(answer);
            await PlainText.CopyAsync(text, Console.Out, cancellation); // stored text must not control the terminal
            return ExitCode.Ok;
        }
        await using var output = StandardOutput();
        try
        {
            await CopyAsync(answer, output, cancellation);
        }
        catch (IOException)
        {
            return ExitCode.Ok; // the reader has closed the pipe
        }
        return ExitCode.Ok;
    }

    // Files and pipes get the bytes as they are. The console's stream ignores a closed pipe; this
    // stream fails, so that 'remora sql ... | head' ends. A file has no reader, and other processes
    // may write to it before and after: there the console's stream is used, which continues at the
    // end of the file.
    private static Stream StandardOutput()
    {
        if (OperatingSystem.IsWindows())
            return Console.OpenStandardOutput();
        var output = new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        return output.CanSeek ? Console.OpenStandardOutput() : output;
    }

    private static async Task CopyAsync(Stream answer, Stream output, CancellationToken cancellation)
    {
        var buffer = new byte[1 << 16];
        int read;
        while ((read = await answer.ReadAsync(buffer, cancellation)) > 0)
            await output.WriteAsync(buffer.AsMemory(0, read), cancellation);
    }
}
