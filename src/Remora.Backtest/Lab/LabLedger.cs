using System.Text.Json;
using Remora.Markets;
using Remora.Risk;

namespace Remora.Backtest.Lab;

/// <summary>
/// The file that counts which policies were tried on each market, and up to when its sealed months
/// were shown. Not thread-safe.
/// </summary>
/// <param name="path">The file; it is created with the first try.</param>
public sealed class LabLedger(string path)
{
    private const int MostMarkets = 1000;
    private const int MostIds = 10_000;

    /// <summary>The file.</summary>
    public string Path => path;

    /// <summary>Returns what was tried on a market.</summary>
    /// <exception cref="BacktestException">The file cannot be read.</exception>
    public LabTries Of(MarketId market) => Read().Markets.GetValueOrDefault(market.ToString()) ?? LabTries.None;

    /// <summary>Counts a policy, once, and returns what was tried.</summary>
    /// <exception cref="BacktestException">The file cannot be read or written.</exception>
    public LabTries Count(MarketId market, RiskPolicy policy)
    {
        var tries = Of(market);
        if (tries.Ids.Contains(policy.Id))
            return tries;
        return Write(
            market,
            tries with
            {
                Tried = tries.Tried + 1,
                // Beyond this, a policy that is tried again counts again.
                Ids = tries.Ids.Count < MostIds ? [.. tries.Ids, policy.Id] : tries.Ids,
            }
        );
    }

    /// <summary>Notes that the sealed months of a market were shown.</summary>
    /// <param name="market">The market.</param>
    /// <param name="until">Their end.</param>
    /// <param name="policy">The name of the policy that was saved.</param>
    /// <exception cref="BacktestException">The file cannot be read or written.</exception>
    public void Open(MarketId market, Instant until, string policy) =>
        Write(market, Of(market) with { OpenedUntil = until, OpenedFor = policy });

    private LabTries Write(MarketId market, LabTries tries)
    {
        var file = Read();
        file.Markets[market.ToString()] = tries;
        if (file.Markets.Count > MostMarkets)
            throw new BacktestException($"{path}: it counts {MostMarkets} markets, the most allowed: delete the file");
        try
        {
            var next = path + ".new";
            File.WriteAllBytes(next, JsonSerializer.SerializeToUtf8Bytes(file, BacktestJson.Shared.LabLedgerFile));
            File.Move(next, path, overwrite: true);
            return tries;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BacktestException($"{path}: the count of tried policies cannot be written: {e.Message}", e);
        }
    }

    private LabLedgerFile Read()
    {
        try
        {
            var file = File.Exists(path)
                ? JsonSerializer.Deserialize(File.ReadAllBytes(path), BacktestJson.Shared.LabLedgerFile)
                : new();
            return file?.Markets?.Values.All(tries => tries is { Ids: not null, Tried: >= 0 }) == true
                ? file
                : throw new JsonException("a market lacks its ids");
        }
        catch (JsonException e)
        {
            throw new BacktestException(
                $"{path}: it is not a count of tried policies ({e.Message}): restore or delete it",
                e
            );
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BacktestException($"{path}: the count of tried policies cannot be read: {e.Message}", e);
        }
    }
}

/// <summary>What was tried on a market.</summary>
/// <param name="Tried">The number of different policies.</param>
/// <param name="Ids">Their ids.</param>
/// <param name="OpenedUntil">The end of the sealed months that were shown; null if none
/// were.</param>
/// <param name="OpenedFor">The name of the policy for which they were shown.</param>
public sealed record LabTries(int Tried, IReadOnlyList<string> Ids, Instant? OpenedUntil, string? OpenedFor)
{
    /// <summary>Nothing was tried.</summary>
    public static LabTries None { get; } = new(0, [], null, null);
}

/// <summary>The content of the file.</summary>
internal sealed record LabLedgerFile
{
    public SortedDictionary<string, LabTries> Markets { get; init; } = new(StringComparer.Ordinal);
}
