using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Spectre.Console;

namespace Remora.Cli.Commands;

/// <summary>
/// <c>remora sources news</c>: lists the headlines behind the news sentiment of a running service.
/// </summary>
internal static class SourceNewsCommand
{
    private const string WholeMarket = "market";

    public static Command Create()
    {
        var service = new RunningServiceOptionSet();
        var json = new Option<bool>("--json") { Description = "Print the response as JSON" };
        var command = new Command("news", "Shows the news sentiment of a running service and the headlines behind it.")
        {
            json,
        };
        service.AddTo(command);
        command.SetAction((parsed, cancellation) => ShowAsync(service, parsed, parsed.GetValue(json), cancellation));
        return command;
    }

    private static async Task<int> ShowAsync(
        RunningServiceOptionSet service,
        ParseResult parsed,
        bool json,
        CancellationToken cancellation
    )
    {
        try
        {
            using var running = service.Connect(parsed);
            var body = await running.GetTextAsync("/api/v1/news", cancellation);
            var report = JsonElement.Parse(body);
            if (json)
                Console.WriteLine(body);
            else
                Show(report);
            return ExitCode.Ok;
        }
        catch (ServiceException e)
        {
            return Terminal.Fail(e.Message, e.ExitCode);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return Terminal.Fail(
                $"{service.NamesOf(parsed)} returned something that is not news; is it a Remora service?",
                ExitCode.Unavailable
            );
        }
    }

    private static void Show(JsonElement report)
    {
        foreach (var verdict in report.GetProperty("verdicts").EnumerateArray())
            Console.WriteLine(
                $"{Word(verdict, "base", WholeMarket), -8} "
                    + $"{Number(verdict.GetProperty("sentiment"), "too few headlines"), -20} "
                    + $"{verdict.GetProperty("opinions").GetInt32()} scored headlines"
            );
        var table = new Table { Border = TableBorder.Simple };
        foreach (var name in new[] { "published", "outlet", "score", "contribution", "mentions" })
            table.AddColumn(new TableColumn(name) { NoWrap = true });
        table.AddColumn("headline and terms");
        foreach (var headline in report.GetProperty("headlines").EnumerateArray())
        {
            var part = headline.GetProperty("contributions").TryGetProperty(WholeMarket, out var share)
                ? Number(share, "")
                : "";
            string[] cells =
            [
                Word(headline, "published_at", ""),
                Word(headline, "outlet", ""),
                Number(headline.GetProperty("score"), ""),
                part,
                Joined(headline, "mentions"),
                $"{Word(headline, "title", "")} [{Joined(headline, "terms")}]",
            ];
            table.AddRow([.. cells.Select(cell => new Text(cell))]);
        }
        Terminal.Data.Write(table);
    }

    private static string Joined(JsonElement parent, string name) =>
        string.Join(", ", parent.GetProperty(name).EnumerateArray().Select(item => item.GetString()));

    private static string Number(JsonElement value, string otherwise) =>
        value.ValueKind == JsonValueKind.Number
            ? value.GetDouble().ToString("+0.000;-0.000;0", CultureInfo.InvariantCulture)
            : otherwise;

    private static string Word(JsonElement parent, string name, string otherwise) =>
        parent.GetProperty(name) is { ValueKind: JsonValueKind.String } field ? field.GetString()! : otherwise;
}
