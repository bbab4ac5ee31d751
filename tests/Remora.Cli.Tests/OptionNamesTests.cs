using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Remora.Markets;

namespace Remora.Cli.Tests;

/// <summary>Tests that an option means the same in every command.</summary>
public sealed class OptionNamesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Until_is_a_time_and_to_is_where_output_goes()
    {
        var options = All(CommandLine.Create()).SelectMany(command => command.Options).ToList();
        Assert.All(
            options.Where(option => option.Name == "--until"),
            option => Assert.Equal(typeof(Instant?), option.ValueType)
        );
        Assert.All(
            options.Where(option => option.Name == "--to"),
            option => Assert.Equal(typeof(string), option.ValueType)
        );
        Assert.Contains(options, option => option.Name == "--until");
        Assert.Contains(options, option => option.Name == "--to");
    }

    [Fact]
    public async Task Backtest_ends_at_until_and_accepts_the_alias_to()
    {
        var candles = _folder.Write("candles.csv", Tapes.ToCsv(Tapes.Days(60)));
        var whole = await BacktestAsync(candles);
        var until = DateTimeOffset
            .Parse(whole, CultureInfo.InvariantCulture)
            .AddDays(-20)
            .ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        var end = await BacktestAsync(candles, "--until", until);
        Assert.NotEqual(whole, end);
        Assert.Equal(end, await BacktestAsync(candles, "--to", until));
    }

    private static async Task<string> BacktestAsync(string candles, params string[] more)
    {
        var (exit, output, errors) = await RemoraProcess.RunAsync([
            "backtest",
            "--strategy",
            "RSIEMA",
            "--candles",
            candles,
            "--json",
            .. more,
        ]);
        Assert.True(exit == 0, errors);
        using var result = JsonDocument.Parse(output);
        return result.RootElement.GetProperty("to").GetString()!;
    }

    private static IEnumerable<Command> All(Command command) => command.Subcommands.SelectMany(All).Prepend(command);
}
