using System.CommandLine;
using System.Text.Json.Nodes;
using Remora.Cli.Render;
using Remora.ClickHouse;
using Remora.ClickHouse.Rollups;

namespace Remora.Cli.Commands.Rollups;

/// <summary>
/// The base of the subcommands of <c>remora rollup</c>: definitions, store, progress, JSON and
/// errors.
/// </summary>
internal sealed class RollupVerb
{
    private readonly Argument<string[]> _files = new("DEFINITIONS")
    {
        Description = "Definition files (*.sql), or folders of definition files",
        Arity = ArgumentArity.ZeroOrMore,
    };
    private readonly Option<bool> _json = new("--json") { Description = "Print the result as JSON" };
    private readonly StoreOptionSet _store = new();

    public RollupVerb(string name, string description, params IEnumerable<Option> options)
    {
        Command = new(name, description) { _files };
        foreach (var option in options)
            Command.Options.Add(option);
        Command.Options.Add(_json);
        _store.AddTo(Command);
        Command.Validators.Add(result =>
        {
            if (
                result.GetValue(_files) is not { Length: > 0 }
                && !(PrintsInstead is { } other && result.GetValue(other.Option))
            )
                result.AddError(
                    $"no definitions given: name definition files or folders, for example remora rollup {name} rollups/"
                );
        });
    }

    /// <summary>An option that prints a text instead of running the subcommand.</summary>
    public (Option<bool> Option, string Text)? PrintsInstead { get; init; }

    /// <summary>Whether results are printed when they happen, without progress bars.</summary>
    public bool PrintsLines { get; init; }

    public Command Command { get; }

    /// <summary>
    /// Creates the command that runs a job on the open store with all definitions.
    /// </summary>
    public Command WithJob(Func<RollupRun, Task<int>> job)
    {
        Command.SetAction(
            async (parsed, cancellation) =>
            {
                if (PrintsInstead is { } other && parsed.GetValue(other.Option))
                {
                    Console.WriteLine(other.Text);
                    return ExitCode.Ok;
                }
                try
                {
                    var definitions = await ReadAsync(parsed.GetValue(_files)!, cancellation);
                    return await _store.AttemptAsync(parsed, makeDatabase: true, open => RunAsync(open), cancellation);

                    async Task<int> RunAsync(ClickHouseConnection open)
                    {
                        var rollups = definitions.Select(definition => new Rollup(open.Client, definition)).ToList();
                        var run = new RollupRun(parsed, rollups, cancellation)
                        {
                            DataFolder = _store.DataFolder(parsed),
                            IsJson = parsed.GetValue(_json),
                        };
                        if (PrintsLines)
                            return await job(run);
                        try
                        {
                            return await RollupProgressView.ShowAsync(progress =>
                                job(run with { Progress = progress })
                            );
                        }
                        finally
                        {
                            run.Write(); // includes the results before a failure
                        }
                    }
                }
                catch (RollupDefinitionException e)
                {
                    return Terminal.Fail(e.Message, ExitCode.Usage);
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    return Terminal.Fail(e.Message, ExitCode.Usage);
                }
                catch (RollupException e)
                {
                    return Terminal.Fail(e.Message, ExitCode.No);
                }
            }
        );
        return Command;
    }

    /// <summary>Creates the command that runs a job on each rollup in turn.</summary>
    public Command Each(Func<RollupRun, Rollup, Task<int>> job) =>
        WithJob(async run =>
        {
            var exit = ExitCode.Ok;
            foreach (var rollup in run.Rollups)
                exit = Math.Max(exit, await job(run, rollup));
            return exit;
        });

    private static async Task<List<RollupDefinition>> ReadAsync(
        IEnumerable<string> paths,
        CancellationToken cancellation
    )
    {
        var definitions = new List<RollupDefinition>();
        foreach (var path in paths)
        {
            var files = Directory.Exists(path)
                ? Directory.GetFiles(path, "*.sql").Order(StringComparer.Ordinal).ToArray()
                : [path];
            if (files.Length == 0)
                throw new IOException($"the folder '{path}' contains no definition (*.sql)");
            foreach (var file in files)
            {
                if (!File.Exists(file))
                    throw new IOException($"the file or folder '{file}' does not exist");
                var definition = await RollupFile.ReadAsync(file, cancellation);
                if (definitions.Find(other => other.Name == definition.Name) is { } same)
                    throw new RollupDefinitionException(
                        definition.File,
                        1,
                        $"the rollup '{definition.Name}' is also defined in {same.File}"
                    );
                definitions.Add(definition);
            }
        }
        return definitions;
    }
}

/// <summary>One run of a subcommand: its rollups and its results.</summary>
internal sealed record RollupRun(ParseResult Parsed, IReadOnlyList<Rollup> Rollups, CancellationToken Cancellation)
{
    private readonly JsonArray _entries = [];
    private readonly List<string> _lines = [];

    public IProgress<RollupProgress>? Progress { get; init; }

    /// <summary>The data folder, also if the store is elsewhere.</summary>
    public required string DataFolder { get; init; }

    /// <summary>Whether results are printed as JSON.</summary>
    public required bool IsJson { get; init; }

    /// <summary>Prints a result at once, as a line of JSON or of text.</summary>
    public void Print(JsonObject entry, string line) => Console.WriteLine(IsJson ? entry.ToJsonString() : line);

    /// <summary>Adds the result of one rollup, as JSON and as text.</summary>
    public void Write(JsonObject entry, params IEnumerable<string> lines)
    {
        _entries.Add((JsonNode)entry);
        _lines.AddRange(lines);
    }

    public void Write()
    {
        if (IsJson)
            Console.WriteLine(new JsonObject { ["rollups"] = _entries }.ToJsonString(RemoraJson.Options));
        else
            foreach (var line in _lines)
                Console.WriteLine(line);
    }
}
