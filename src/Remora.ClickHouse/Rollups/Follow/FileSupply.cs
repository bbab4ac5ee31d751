using System.Globalization;

namespace Remora.ClickHouse.Rollups.Follow;

/// <summary>A file of a folder or list.</summary>
/// <param name="Name">The name in the folder, or the URL.</param>
/// <param name="Stamp">What changes when the file changes.</param>
/// <param name="Fetch">Returns the path of the content, after a download if necessary.</param>
internal sealed record SuppliedFile(string Name, string Stamp, Func<CancellationToken, Task<string>> Fetch)
{
    /// <summary>Deletes the content if it was downloaded.</summary>
    public Action Discard { get; init; } = () => { };

    /// <summary>Whether the file still has the stamp.</summary>
    public Func<bool> IsUnchanged { get; init; } = () => true;
}

/// <summary>The files of a folder, or of a list of URLs.</summary>
internal sealed class FileSupply(RollupFollowOptions options, FileDownload? download, TimeProvider time)
{
    private const int LongestUrl = 4096;

    /// <summary>Returns the files, ordered by name.</summary>
    /// <exception cref="RollupException">
    /// The folder or list does not exist, or a line of the list is invalid.
    /// </exception>
    public async Task<IReadOnlyList<SuppliedFile>> ListAsync(CancellationToken cancellation)
    {
        if (Directory.Exists(options.From))
            return OfFolder();
        if (!File.Exists(options.From))
            throw new RollupException($"the folder or list '{options.From}' does not exist");
        return [.. OfList(await File.ReadAllLinesAsync(options.From, cancellation))];
    }

    // A file that was changed a moment ago may still be written.
    private List<SuppliedFile> OfFolder()
    {
        var latest = time.GetUtcNow() - options.Settle;
        return
        [
            .. new DirectoryInfo(options.From)
                .EnumerateFiles()
                .Where(file => RollupLoader.IsKnownFormat(file.Name) && !file.Name.StartsWith('.'))
                .Where(file => file.LastWriteTimeUtc <= latest.UtcDateTime)
                .OrderBy(file => file.Name, StringComparer.Ordinal)
                .Select(file => new SuppliedFile(file.Name, StampOf(file), _ => Task.FromResult(file.FullName))
                {
                    IsUnchanged = () => StampOf(new(file.FullName)) == StampOf(file),
                }),
        ];
    }

    private static string StampOf(FileInfo file) =>
        file.Exists ? string.Create(CultureInfo.InvariantCulture, $"{file.Length} {file.LastWriteTimeUtc.Ticks}") : "";

    private IEnumerable<SuppliedFile> OfList(string[] lines)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < lines.Length; i++)
        {
            var words = lines[i].Split('#', 2)[0].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (words.Length == 0)
                continue;
            var (url, hash) = Read(words, i + 1);
            if (!seen.Add(url.AbsoluteUri))
                continue;
            yield return new(
                url.AbsoluteUri,
                hash ?? "",
                cancellation =>
                    download is null
                        ? throw new RollupException("downloads need a folder")
                        : download.FetchAsync(url, hash, cancellation)
            )
            {
                Discard = () => download?.Discard(url),
            };
        }
    }

    private (Uri Url, string? Hash) Read(string[] words, int line)
    {
        const string Form = "expected 'https://HOST/FILE', optionally followed by 'sha256=HASH'";
        if (
            words[0].Length > LongestUrl
            || !Uri.TryCreate(words[0], UriKind.Absolute, out var url)
            || !(url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && url.IsLoopback))
            || url.UserInfo.Length > 0
            || url.Fragment.Length > 0
        )
            throw Invalid("not an https address without user and password");
        if (!RollupLoader.IsKnownFormat(url.AbsolutePath))
            throw Invalid($"the file is of an unknown kind; {RollupLoader.KnownFormats}");
        if (words.Length == 1)
            return (url, null);
        const string Prefix = "sha256=";
        var hash = words[1].StartsWith(Prefix, StringComparison.Ordinal) ? words[1][Prefix.Length..] : "";
        return words.Length == 2 && hash.Length == 64 && hash.All(char.IsAsciiHexDigit)
            ? (url, hash.ToLowerInvariant())
            : throw Invalid("the text after the address is invalid");

        RollupException Invalid(string reason) => new($"{options.From}, line {line}: {reason}: {Form}");
    }
}
