using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Remora.Feeds.Time;
using Remora.Markets;
using Remora.Sandbox;

namespace Remora.Cli;

/// <summary>
/// Records the world of a sandbox's data folder and the time its clock has reached, in
/// <c>sandbox.json</c>. The same world continues from there, so no stored row is later than its
/// clock. Another world is refused.
/// </summary>
internal sealed class SandboxMark
{
    private const string FileName = "sandbox.json";
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    // Real time; longer than the interval between two writes
    private static readonly TimeSpan Reserve = TimeSpan.FromSeconds(3);
    private readonly string _folder;
    private SandboxWorldMark? _mark;

    private SandboxMark(string folder, SandboxWorldMark? mark) => (_folder, _mark) = (folder, mark);

    /// <summary>Opens the mark of a folder. The folder may be missing.</summary>
    /// <exception cref="SandboxOptionException">The mark cannot be read.</exception>
    public static SandboxMark Open(string folder)
    {
        var path = Path.Combine(folder, FileName);
        try
        {
            if (!File.Exists(path))
                return new(folder, null);
            var mark = JsonSerializer.Deserialize(File.ReadAllBytes(path), SandboxMarkJson.Default.SandboxWorldMark);
            if (
                mark is not null
                && Instant.TryParse(mark.Start, out _)
                && Instant.TryParse(mark.Until, out _)
                && mark.Speed > 0
            )
                return new(folder, mark);
            throw new JsonException("expected seed, start, speed and until");
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new SandboxOptionException(
                $"{path} cannot be read ({e.Message}), so the simulated markets of this folder are unknown: choose "
                    + $"another folder with --data, or delete {folder} to start over"
            );
        }
    }

    /// <summary>The world of the folder; null if the folder has no mark yet.</summary>
    public SandboxWorldMark? World => _mark;

    /// <summary>
    /// Refuses options that differ from the folder's world. Null options match any.
    /// </summary>
    /// <exception cref="SandboxOptionException">
    /// The world differs; the message lists the differences and the choices.
    /// </exception>
    public void Require(long? seed, Instant? start, double? speed, string? recording)
    {
        if (_mark is null)
            return;
        var others = new List<string>();
        if (seed is { } number && number != _mark.Seed)
            others.Add($"--seed {number}");
        if (start is { } moment && moment != _mark.StartTime)
            others.Add($"--start {moment}");
        if (speed is { } factor && factor != _mark.Speed)
            others.Add(string.Create(CultureInfo.InvariantCulture, $"--speed {factor}"));
        if (recording != _mark.Recording)
            others.Add(recording is null ? "no --replay" : "another --replay");
        if (others.Count == 0)
            return;
        throw new SandboxOptionException(
            $"{_folder} belongs to a sandbox with {_mark.Options}, not to one with {string.Join(' ', others)}: use "
                + $"the same options, choose another folder with --data, or delete {_folder} to start over"
        );
    }

    /// <summary>
    /// Refuses a sandbox of another process with another world, or with a clock behind the stored
    /// rows.
    /// </summary>
    /// <exception cref="SandboxOptionException">
    /// Refused; the message describes what to do.
    /// </exception>
    public void Require(Uri url, long? seed, double speed, string? recording, Instant now)
    {
        if (_mark is null)
            return;
        Require(seed, start: null, speed, recording);
        if (now < _mark.UntilTime)
        {
            throw new SandboxOptionException(
                $"the sandbox at {url} shows {now}, but {_folder} contains data until {_mark.UntilTime}: start the "
                    + $"sandbox with --start {_mark.UntilTime} or later, choose another folder with --data, or delete "
                    + $"{_folder} to start over"
            );
        }
    }

    /// <summary>Writes the mark, and updates its time every second until it is cancelled.</summary>
    /// <param name="seed">The seed of the world.</param>
    /// <param name="start">The start time of the clock.</param>
    /// <param name="recording">The replayed recording; null if prices are simulated.</param>
    /// <param name="clock">The clock of the world.</param>
    /// <param name="isOwn">
    /// Whether the clock continues from the mark. The mark is then written ahead of the clock, so
    /// that a killed process leaves no rows later than the mark.
    /// </param>
    /// <param name="cancellation">Stops the updates. The mark then has the exact time.</param>
    public async Task UpdateAsync(
        long seed,
        Instant start,
        string? recording,
        ScaledClock clock,
        bool isOwn,
        CancellationToken cancellation
    )
    {
        _mark ??= new(seed, start.ToString(), clock.Speed, recording, start.ToString());
        var written = _mark;
        using var timer = new PeriodicTimer(Interval);
        try
        {
            do TryWrite();
            while (await timer.WaitForNextTickAsync(cancellation));
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            if (Open(_folder)._mark == written)
                Write(TimeSpan.Zero); // skip if another process has taken over the folder
        }

        // A full disk or too many open files: the next tick tries again.
        void TryWrite()
        {
            try
            {
                Write(isOwn ? Reserve * clock.Speed : TimeSpan.Zero);
            }
            catch (IOException) when (File.Exists(Path.Combine(_folder, FileName)))
            {
                // the mark is ahead of the clock, or the one before it
            }
        }

        void Write(TimeSpan ahead)
        {
            var until = Instant.From(clock.GetUtcNow()) + ahead;
            written = written with { Until = until.ToString() };
            Directory.CreateDirectory(_folder);
            var path = Path.Combine(_folder, FileName);
            File.WriteAllBytes(
                path + ".part",
                JsonSerializer.SerializeToUtf8Bytes(written, SandboxMarkJson.Default.SandboxWorldMark)
            );
            File.Move(path + ".part", path, overwrite: true);
        }
    }

    /// <summary>
    /// Returns the folder of a sandbox's store below a data folder; null if missing.
    /// </summary>
    public static string? StoreBelow(string data) =>
        ServiceStore.SandboxFolder(data) is var below && HasStore(below) ? below : null;

    /// <summary>Returns whether a folder contains a store.</summary>
    public static bool HasStore(string folder) => Directory.Exists(Path.Combine(folder, "clickhouse"));
}

/// <summary>A world and the time its clock has reached.</summary>
/// <param name="Seed">The seed of the simulated prices.</param>
/// <param name="Start">The start time of the clock.</param>
/// <param name="Speed">The speed of the clock, as a multiple of real time.</param>
/// <param name="Recording">The replayed recording; null if prices are simulated.</param>
/// <param name="Until">The time that no stored row exceeds.</param>
internal sealed record SandboxWorldMark(long Seed, string Start, double Speed, string? Recording, string Until)
{
    [JsonIgnore]
    public Instant StartTime => Instant.TryParse(Start, out var time) ? time : throw new FormatException(Start);

    [JsonIgnore]
    public Instant UntilTime => Instant.TryParse(Until, out var time) ? time : throw new FormatException(Until);

    /// <summary>The command line options that create this world.</summary>
    [JsonIgnore]
    public string Options =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"--seed {Seed} --start {Start} --speed "
                + $"{Speed}{(Recording is null ? "" : $" and a --replay of {Recording}")}"
        );
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(SandboxWorldMark))]
internal sealed partial class SandboxMarkJson : JsonSerializerContext;
