using System.CommandLine;
using Remora.Backtest.Data;
using Remora.Markets;

namespace Remora.Cli.Commands;

/// <summary>
/// <c>--outside</c>: files of observations, each used from the moment it became knowable.
/// </summary>
internal sealed class OutsideOption : Option<string[]>
{
    private static readonly IReadOnlyDictionary<string, OutsideKind> Kinds = OutsideKinds.Names;

    public OutsideOption()
        : base("--outside")
    {
        Description =
            $"File of observations: KIND=FILE, or KIND:BASE=FILE for one currency; repeatable. KIND is one of "
            + $"{string.Join(", ", Kinds.Keys)}";
        Validators.Add(result =>
        {
            foreach (var token in result.Tokens)
                if (!TryRead(token.Value, out _, out _, out _))
                    result.AddError(
                        $"--outside '{token.Value}': expected KIND=FILE or KIND:BASE=FILE, KIND one of "
                            + $"{string.Join(", ", Kinds.Keys)}"
                    );
        });
    }

    /// <summary>Reads the observations of all files.</summary>
    /// <exception cref="Backtest.BacktestException">A file cannot be read.</exception>
    public IReadOnlyList<Observation> Read(ParseResult parsed)
    {
        var observations = new List<Observation>();
        foreach (var text in parsed.GetValue(this) ?? [])
            if (TryRead(text, out var kind, out var @base, out var file))
                observations.AddRange(OutsideFile.Read(file, kind, @base));
        return observations;
    }

    private static bool TryRead(string text, out OutsideKind kind, out string? @base, out string file)
    {
        var at = text.IndexOf('=');
        var name = at < 0 ? text : text[..at];
        file = at < 0 ? "" : text[(at + 1)..];
        var colon = name.IndexOf(':');
        @base = colon < 0 ? null : name[(colon + 1)..].ToUpperInvariant();
        return Kinds.TryGetValue(colon < 0 ? name : name[..colon], out kind) && file.Length > 0 && @base is not "";
    }
}
