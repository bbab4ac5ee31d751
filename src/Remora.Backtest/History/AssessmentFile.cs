using System.IO.Compression;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Remora.Backtest.History;

/// <summary>
/// Writes assessments as CSV, CSV.gz or JSON lines, depending on the file name extension. The file
/// appears under its name only when it is complete.
/// </summary>
public sealed class AssessmentFile : IDisposable
{
    private const string PartSuffix = ".part";
    private static readonly JsonTypeInfo<Assessment> AssessmentJson = RemoraJson.Options.TypeOf<Assessment>();
    private readonly string _path;
    private readonly StreamWriter _writer;
    private readonly bool _json;
    private readonly StringBuilder _row = new();

    private AssessmentFile(string path, StreamWriter writer, bool json)
    {
        _path = path;
        _writer = writer;
        _json = json;
    }

    /// <summary>Whether a file has one of the supported extensions.</summary>
    public static bool Knows(string path) =>
        path.EndsWith(".csv") || path.EndsWith(".csv.gz") || path.EndsWith(".jsonl");

    /// <summary>Creates a file.</summary>
    /// <exception cref="ArgumentException">The extension is not supported.</exception>
    public static AssessmentFile Create(string path)
    {
        var json = path.EndsWith(".jsonl");
        if (!Knows(path))
            throw new ArgumentException($"--to {path}: expected a name that ends in .csv, .csv.gz or .jsonl");
        Stream stream = new FileStream(path + PartSuffix, FileMode.Create, FileAccess.Write);
        if (path.EndsWith(".gz"))
            stream = new GZipStream(stream, CompressionLevel.Optimal);
        var file = new AssessmentFile(
            path,
            new(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), bufferSize: 1 << 16),
            json
        );
        if (!json)
            file._writer.Write(AssessmentCsv.Header + "\n");
        return file;
    }

    /// <summary>Adds a row.</summary>
    public void Write(Assessment assessment)
    {
        _row.Clear();
        if (_json)
            _row.Append(JsonSerializer.Serialize(assessment, AssessmentJson)).Append('\n');
        else
            AssessmentCsv.Append(_row, assessment);
        _writer.Write(_row);
    }

    /// <summary>Closes the file and moves it to its name.</summary>
    public void Complete()
    {
        _writer.Dispose();
        File.Move(_path + PartSuffix, _path, overwrite: true);
    }

    /// <summary>Deletes the partial file unless <see cref="Complete"/> was called.</summary>
    public void Dispose()
    {
        _writer.Dispose();
        File.Delete(_path + PartSuffix);
    }
}
