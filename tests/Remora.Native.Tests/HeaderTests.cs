using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Remora.Columns;
using Remora.Csv;
using Remora.Markets;
using Remora.Testing;

namespace Remora.Native.Tests;

/// <summary>remora.h, and the example for C, agree with the library.</summary>
public sealed partial class HeaderTests(PublishedLibrary published) : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("remora-native-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Exactly_the_functions_of_the_header_are_exported()
    {
        var header = File.ReadAllText(Path.Combine(published.Folder, "remora.h"));
        var declared = FunctionPattern().Matches(header).Select(match => match.Groups["name"].Value);
        var symbols = PublishedLibrary.Run("nm", "-D", "--defined-only", LibraryFile).Output;
        var exported = SymbolPattern().Matches(symbols).Select(match => match.Groups["name"].Value);
        Assert.Equal(declared.Order(), exported.Where(name => !name.StartsWith("DotNet")).Order());
    }

    [Fact]
    public void The_description_lists_the_columns_of_history_files_and_forecasts()
    {
        using var description = JsonDocument.Parse(published.Loaded.Describe());
        AssertColumns(AssessmentColumns.Files, "columns");
        AssertColumns(ForecastColumns.All, "forecast_columns");
        Assert.Equal(1, description.RootElement.GetProperty("abi_version").GetInt32());

        void AssertColumns(IReadOnlyList<Column<Assessment>> expected, string name) =>
            Assert.Equal(
                expected.Select(column => (column.Name, RemoraJson.NameOf(column.Kind))),
                description
                    .RootElement.GetProperty(name)
                    .EnumerateArray()
                    .Select(column =>
                        (column.GetProperty("name").GetString()!, column.GetProperty("kind").GetString()!)
                    )
            );
    }

    [Fact]
    public void The_example_compiles_without_a_warning_and_gives_the_engines_values()
    {
        var candles = Some.Candles(11, 9_000);
        var csv = new StringBuilder("timestamp,open,high,low,close,volume\n");
        foreach (var c in candles)
            csv.Append(
                CultureInfo.InvariantCulture,
                $"{c.OpenTime.UnixMilliseconds},{c.Open},{c.High},{c.Low},{c.Close},{c.Volume}\n"
            );
        var file = Path.Combine(_folder.FullName, "candles.csv");
        File.WriteAllText(file, csv.ToString());
        var engine = new RemoraEngine();
        engine.Apply(MarketEvent.Dated(ShippedCalendar.Dates)); // as the library does
        var (blocked, last) = (0, (Assessment?)null);
        foreach (var candle in candles)
        {
            last = engine.Apply(MarketEvent.Closed(Some.Btc, candle))!;
            blocked += last.SafeToTrade ? 0 : 1;
        }

        var example = Compile("gcc", "-std=c11");
        var (code, output, errors) = PublishedLibrary.Run(example, "BTC/USDT", file);
        Assert.True(code == 0, errors);
        var score = last!.RiskScore;
        Assert.StartsWith($"9000 candles, {blocked} blocked; last: score ", output);
        Assert.EndsWith($", regime {RemoraJson.NameOf(last.Regime!.Value)}\n", output);
        var printed = output[(output.IndexOf("score ", StringComparison.Ordinal) + 6)..].Split(',')[0];
        Assert.Equal(score, double.Parse(printed, CultureInfo.InvariantCulture));

        (code, _, errors) = PublishedLibrary.Run(example, "BTC", file);
        Assert.Equal(1, code);
        Assert.Contains("pair is 'BTC'", errors);
    }

    [Fact]
    public void The_header_is_valid_in_cpp()
    {
        RequireCompiler("g++");
        var source = Path.Combine(_folder.FullName, "header.cpp");
        File.WriteAllText(source, "#include \"remora.h\"\nint main() { return remora_abi_version() - 1; }\n");
        var (code, _, errors) = PublishedLibrary.Run(
            "g++",
            "-std=c++17",
            "-Wall",
            "-Wextra",
            "-Werror",
            "-fsyntax-only",
            "-I",
            published.Folder,
            source
        );
        Assert.True(code == 0, errors);
    }

    private string LibraryFile => Path.Combine(published.Folder, "libremora.so");

    private string Compile(string compiler, string standard)
    {
        RequireCompiler(compiler);
        var program = Path.Combine(_folder.FullName, "assess");
        var (code, _, errors) = PublishedLibrary.Run(
            compiler,
            standard,
            "-Wall",
            "-Wextra",
            "-Werror",
            "-I",
            published.Folder,
            "-o",
            program,
            Repository.PathOf("examples", "c", "assess.c"),
            LibraryFile,
            "-lm",
            $"-Wl,-rpath,{published.Folder}"
        );
        Assert.True(code == 0, errors);
        return program;
    }

    private static void RequireCompiler(string name) =>
        Assert.SkipUnless(
            (Environment.GetEnvironmentVariable("PATH") ?? "")
                .Split(Path.PathSeparator)
                .Any(folder => File.Exists(Path.Combine(folder, name))),
            $"{name} is not installed"
        );

    [GeneratedRegex(@"^int32_t (?<name>remora_\w+)\(", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex FunctionPattern();

    [GeneratedRegex(@" T (?<name>\w+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex SymbolPattern();
}
