using System.CommandLine;
using Remora.ClickHouse.Rollups;
using Remora.Markets;

namespace Remora.Cli.Commands.Rollups;

/// <summary>Options for checking and loading files.</summary>
internal sealed class LoadOptionSet
{
    private readonly Option<bool> _detached = new("--detached")
    {
        Description =
            "Bypass the views, for very large loads: compute their states separately and move them in with the "
            + "rows",
    };
    private readonly Option<string[]> _checks = new("--check")
    {
        Description = "SQL condition that every row must meet, for example 'positive=value > 0'; repeatable",
        HelpName = "NAME=EXPR",
    };
    private readonly Option<Instant?> _earliest = Options.Time(
        "--earliest",
        "Refuse files with rows before this time, for example 2022-01-01"
    );
    private readonly Option<Instant?> _latest = Options.Time("--latest", "Refuse files with rows after this time");

    public LoadOptionSet() =>
        _checks.Validators.Add(result =>
        {
            foreach (var token in result.Tokens)
                if (token.Value.IndexOf('=') is <= 0 || token.Value.EndsWith('='))
                    result.AddError($"--check '{token.Value}': expected NAME=EXPR such as 'positive=value > 0'");
        });

    /// <summary>All options of the set, for a command.</summary>
    public IReadOnlyList<Option> All => [_detached, _checks, _earliest, _latest];

    public RollupLoadOptions Read(ParseResult parsed) =>
        new()
        {
            IsDetached = parsed.GetValue(_detached),
            Earliest = parsed.GetValue(_earliest)?.ToDateTimeOffset(),
            Latest = parsed.GetValue(_latest)?.ToDateTimeOffset(),
            Checks = (parsed.GetValue(_checks) ?? [])
                .Select(text => text.Split('=', 2))
                .ToDictionary(parts => parts[0].Trim(), parts => parts[1].Trim()),
        };
}
