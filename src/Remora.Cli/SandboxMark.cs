using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Remora.Feeds.Time;
using Remora.Markets;
using Remora.Sandbox;

namespace Remora.Cli;

/// <summary>
/// Says which world a sandbox's data folder belongs to, and how far its clock has come: <c>sandbox.json</c> in the folder.
/// The same world goes on from there, so that nothing in the store is ever dated after its clock; another one is refused.
/// </summary>
internal sealed class SandboxMark
{
    private const string FileName = "sandbox.json";
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Reserve = TimeSpan.FromSeconds(3); // of real time: more than there is between two writes
    private readonly string _folder;
    private SandboxWorldMark? _mark;

    private SandboxMark(string folder, SandboxWorldMark? mark) => (_folder, _mark) = (folder, mark);

    /// <summary>The mark of a folder, which need not be there yet.</summary>
    /// <exception cref="SandboxOptionException">The mark cannot be read.</exception>
    public static SandboxMark Open(string folder)
    {
        var path = Path.Combine(folder, FileName);
        try
        {
            if (!File.Exists(path)) return new(folder, null);
            var mark = JsonSerializer.Deserialize(File.ReadAllBytes(path), SandboxMarkJson.Default.SandboxWorldMark);
            if (mark is not null && Instant.TryParse(mark.Start, out _) && Instant.TryParse(mark.Until, out _) && mark.Speed > 0) return new(folder, mark);
            throw new JsonException("seed, start, speed and until are expected");
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new SandboxOptionException($"{path} cannot be read ({e.Message}), so the world of this folder is not known: choose another folder with --data, or remove {folder} to begin anew");
        }
    }

    /// <summary>The world that the folder belongs to; null while it belongs to none.</summary>
    public SandboxWorldMark? World => _mark;

    /// <summary>Refuses a world that is not the folder's. What was not given is as the folder has it.</summary>
    /// <exception cref="SandboxOptionException">It is another world; the message says in what, and what to do.</exception>
    public void Require(long? seed, Instant? start, double? speed, string? recording)
    {
        if (_mark is null) return;
        var others = new List<string>();
        if (seed is { } number && number != _mark.Seed) others.Add($"--seed {number}");
        if (start is { } moment && moment != _mark.StartTime) others.Add($"--start {moment}");
        if (speed is { } factor && factor != _mark.Speed) others.Add(string.Create(CultureInfo.InvariantCulture, $"--speed {factor}"));
        if (recording != _mark.Recording) others.Add(recording is null ? "no --replay" : "another --replay");
        if (others.Count == 0) return;
        throw new SandboxOptionException(
            $"{_folder} belongs to a sandbox with {_mark.Options}, not to one with {string.Join(' ', others)}: give the same options, choose another folder with --data, or remove {_folder} to begin anew");
    }

    /// <summary>Refuses a sandbox of another process that is another world, or whose clock is behind what the folder holds.</summary>
    /// <exception cref="SandboxOptionException">It is; the message says what to do.</exception>
    public void Require(Uri url, long? seed, double speed, string? recording, Instant now)
    {
        if (_mark is null) return;
        Require(seed, start: null, speed, recording);
        if (now < _mark.UntilTime)
        {
            throw new SandboxOptionException(
                $"the sandbox at {url} shows {now}, but {_folder} goes to {_mark.UntilTime}: start the sandbox with --start {_mark.UntilTime} or later, choose another folder with --data, or remove {_folder} to begin anew");
        }
    }

    /// <summary>Marks the folder, and notes once a second how far the clock has come, until it is cancelled.</summary>
    /// <param name="seed">The world's seed.</param>
    /// <param name="start">When its clock began.</param>
    /// <param name="recording">What it replays; null for nothing.</param>
    /// <param name="clock">Its clock.</param>
    /// <param name="isOwn">Whether the clock begins where it was left; then a killed process must not leave rows behind that are dated later.</param>
    /// <param name="cancellation">Ends it; then the mark has the exact time.</param>
    public async Task KeepAsync(long seed, Instant start, string? recording, ScaledClock clock, bool isOwn, CancellationToken cancellation)
    {
        _mark ??= new(seed, start.ToString(), clock.Speed, recording, start.ToString());
        var written = _mark;
        using var timer = new PeriodicTimer(Interval);
        try
        {
            do Write(isOwn ? Reserve * clock.Speed : TimeSpan.Zero);
            while (await timer.WaitForNextTickAsync(cancellation));
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            if (Open(_folder)._mark == written) Write(TimeSpan.Zero); // unless another process has taken the folder over
        }

        void Write(TimeSpan ahead)
        {
            var until = Instant.From(clock.GetUtcNow()) + ahead;
            written = written with { Until = until.ToString() };
            Directory.CreateDirectory(_folder);
            var path = Path.Combine(_folder, FileName);
            File.WriteAllBytes(path + ".part", JsonSerializer.SerializeToUtf8Bytes(written, SandboxMarkJson.Default.SandboxWorldMark));
            File.Move(path + ".part", path, overwrite: true);
        }
    }

    /// <summary>The folder of a sandbox's store below a data folder; null where there is none.</summary>
    public static string? StoreBelow(string data) => ServiceStore.SandboxFolder(data) is var below && HasStore(below) ? below : null;

    /// <summary>Whether a folder holds a store.</summary>
    public static bool HasStore(string folder) => Directory.Exists(Path.Combine(folder, "clickhouse"));
}

/// <summary>A world and how far its clock has come.</summary>
/// <param name="Seed">Decides simulated prices.</param>
/// <param name="Start">When its clock began.</param>
/// <param name="Speed">How fast its clock runs.</param>
/// <param name="Recording">What it replays; null for nothing.</param>
/// <param name="Until">No row is dated later.</param>
internal sealed record SandboxWorldMark(long Seed, string Start, double Speed, string? Recording, string Until)
{
    [JsonIgnore]
    public Instant StartTime => Instant.TryParse(Start, out var time) ? time : throw new FormatException(Start);

    [JsonIgnore]
    public Instant UntilTime => Instant.TryParse(Until, out var time) ? time : throw new FormatException(Until);

    /// <summary>The options that make the same world.</summary>
    [JsonIgnore]
    public string Options => string.Create(CultureInfo.InvariantCulture, $"--seed {Seed} --start {Start} --speed {Speed}{(Recording is null ? "" : $" and a --replay of {Recording}")}");
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(SandboxWorldMark))]
internal sealed partial class SandboxMarkJson : JsonSerializerContext;
