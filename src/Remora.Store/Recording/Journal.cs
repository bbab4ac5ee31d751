using Remora.Store.Files;

namespace Remora.Store.Recording;

/// <summary>
/// The batches that the store has not acknowledged yet, one file each. A batch is written aside and moved in when it is whole; after a kill
/// what was whole is there, and what was not is set aside. Bounded: when it is full the oldest batch goes.
/// </summary>
internal sealed class Journal : IDisposable
{
    private const string Unfinished = ".part";
    private const int MostSetAside = 100;

    private readonly Lock _lock = new();
    private readonly string _folder;
    private readonly long _mostBytes;
    private readonly LinkedList<JournalEntry> _entries = [];
    private readonly List<string> _setAside = [];
    private readonly FileStream _owner;
    private long _next = 1;
    private long _firstOwn = 1; // what has a smaller number was found
    private JournalEntry? _taken;

    private Journal(string folder, long mostBytes, FileStream owner)
    {
        _folder = folder;
        _mostBytes = mostBytes;
        _owner = owner;
    }

    private string SetAsideFolder => Path.Combine(_folder, "set-aside");

    /// <summary>How many batches there are.</summary>
    public int Count
    {
        get { lock (_lock) return _entries.Count; }
    }

    /// <summary>Their size.</summary>
    public long Bytes { get; private set; }

    /// <summary>Rows of batches that were dropped because it was full.</summary>
    public long DroppedRows { get; private set; }

    /// <summary>When the oldest batch was closed.</summary>
    public DateTimeOffset? Oldest
    {
        get { lock (_lock) return _entries.First?.Value.ClosedAt; }
    }

    /// <summary>Whether there is still a batch that an earlier recorder left.</summary>
    public bool HasLeft
    {
        get { lock (_lock) return _entries.First?.Value.Number < _firstOwn; }
    }

    /// <summary>What could not be inserted, and why.</summary>
    public IReadOnlyList<string> SetAside
    {
        get { lock (_lock) return [.. _setAside]; }
    }

    /// <summary>Opens a folder and finds what was left in it.</summary>
    /// <exception cref="IOException">It cannot be written, or another recorder has it.</exception>
    public static Journal Open(string folder, long mostBytes)
    {
        PrivateFile.TakeFolder(folder);
        FileStream owner;
        try
        {
            owner = PrivateFile.Open(Path.Combine(folder, "lock"), FileMode.OpenOrCreate);
        }
        catch (IOException e) when (e.GetType() == typeof(IOException) && File.Exists(Path.Combine(folder, "lock")) && e.HResult is 11 or 35)
        {
            throw new IOException("it is in use by another service: stop that one, or give this one a folder of its own with --data", e);
        }
        var journal = new Journal(folder, mostBytes, owner);
        try
        {
            journal.Find();
            return journal;
        }
        catch
        {
            owner.Dispose();
            throw;
        }
    }

    /// <summary>Takes a batch; it is on disk when this returns.</summary>
    public void Append(JournalBatch batch, int rows, DateTimeOffset closedAt)
    {
        long number;
        lock (_lock) number = _next++;
        var path = Path.Combine(_folder, JournalEntry.NameOf(number, batch.Table.Value, rows, closedAt));
        try
        {
            batch.WriteTo(path + Unfinished);
            File.Move(path + Unfinished, path);
        }
        catch
        {
            File.Delete(path + Unfinished); // the rows will come again in another batch; this one must never be found
            throw;
        }
        lock (_lock)
        {
            Add(JournalEntry.Of(new(path))!);
            while (Bytes > _mostBytes && _entries.First(entry => entry != _taken) is { } oldest && oldest.Number != number)
            {
                File.Delete(oldest.Path);
                Forget(oldest);
                DroppedRows += oldest.Rows;
            }
        }
    }

    /// <summary>The next batch to insert, which stays until it is removed or set aside; null when there is none.</summary>
    public JournalEntry? Take()
    {
        lock (_lock) return _taken = _entries.First?.Value;
    }

    /// <summary>The store has it.</summary>
    public void Remove(JournalEntry entry)
    {
        try
        {
            File.Delete(entry.Path);
        }
        catch (DirectoryNotFoundException)
        {
            // The folder was removed, and the file with it.
        }
        lock (_lock) Forget(entry);
    }

    /// <summary>Its file was removed by somebody else: its rows are lost.</summary>
    public void Lose(JournalEntry entry)
    {
        lock (_lock)
        {
            Forget(entry);
            DroppedRows += entry.Rows;
        }
    }

    /// <summary>It cannot be inserted; out of the way with it.</summary>
    public void PutAside(JournalEntry entry, string reason)
    {
        MoveAside(entry.Path, reason);
        lock (_lock) Forget(entry);
    }

    /// <summary>The folder was removed: gives up what was in it.</summary>
    /// <returns>How many rows are lost, those that were dropped before included.</returns>
    public long Abandon()
    {
        lock (_lock)
        {
            var lost = DroppedRows + _entries.Where(entry => entry != _taken).Sum(entry => (long)entry.Rows); // the one that is being sent is in memory
            _entries.Clear();
            Bytes = 0;
            return lost;
        }
    }

    public void Dispose() => _owner.Dispose();

    private void Find()
    {
        var files = new DirectoryInfo(_folder).GetFiles().OrderBy(file => file.Name, StringComparer.Ordinal).ToList();
        foreach (var part in files.Where(file => file.Name.EndsWith(Unfinished, StringComparison.Ordinal)).ToList())
        {
            // Killed between the end of writing and the move: it is whole. Otherwise it never was a batch.
            var whole = part.FullName[..^Unfinished.Length];
            if (IsWhole(part.FullName)) File.Move(part.FullName, whole, overwrite: true);
            else MoveAside(part.FullName, "it was being written when the recorder was ended");
            files.Add(new(whole));
        }
        var entries = new List<JournalEntry>();
        foreach (var file in files.Where(file => file.Exists && JournalEntry.IsBatch(file)))
        {
            if (JournalEntry.Of(file) is { } entry) entries.Add(entry);
            else MoveAside(file.FullName, "the file's name is not the name of a batch");
        }
        foreach (var entry in entries.OrderBy(entry => entry.Number))
        {
            Add(entry);
            _next = entry.Number + 1;
        }
        _firstOwn = _next;
    }

    private static bool IsWhole(string path)
    {
        try
        {
            _ = JournalBatch.Read(path);
            return true;
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }

    private void MoveAside(string path, string reason)
    {
        PrivateFile.CreateFolder(SetAsideFolder);
        var name = Path.GetFileName(path);
        File.Move(path, Path.Combine(SetAsideFolder, name), overwrite: true);
        foreach (var old in new DirectoryInfo(SetAsideFolder).GetFiles().OrderByDescending(file => file.Name, StringComparer.Ordinal).Skip(MostSetAside)) old.Delete();
        lock (_lock)
        {
            _setAside.Add($"{name}: {reason}");
            if (_setAside.Count > MostSetAside) _setAside.RemoveAt(0);
        }
    }

    private void Add(JournalEntry entry)
    {
        _entries.AddLast(entry);
        Bytes += entry.Bytes;
    }

    private void Forget(JournalEntry entry)
    {
        if (_entries.Remove(entry)) Bytes -= entry.Bytes;
        if (_taken == entry) _taken = null;
    }
}
