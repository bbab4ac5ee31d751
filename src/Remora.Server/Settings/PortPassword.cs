namespace Remora.Server.Settings;

/// <summary>
/// The password of the embedded engine's ports, from the environment or from a file that a setting
/// names.
/// </summary>
internal static class PortPassword
{
    /// <summary>The name of the variable without its prefix. It is not a setting.</summary>
    public const string Key = "clickhouse_port_password";

    /// <summary>The variable that contains the password.</summary>
    public static string Variable { get; } = SettingsReader.Prefix + Key.ToUpperInvariant();

    private const int Shortest = 8;
    private const int Longest = 200;
    private const int LongestFile = 10_000;

    /// <summary>
    /// Returns the password; null without the port. Adds to <paramref name="errors"/> if the
    /// password is missing or invalid.
    /// </summary>
    public static string? Read(
        ServiceSettings settings,
        IReadOnlyDictionary<string, string> environment,
        List<string> errors
    )
    {
        var (key, port) = settings.ClickhousePort is { } http
            ? ("clickhouse_port", http)
            : ("clickhouse_native_port", settings.ClickhouseNativePort);
        if (!settings.Store || port is null || settings.Clickhouse is not null)
            return null;
        var variable = environment.TryGetValue(Variable, out var set) && set.Length > 0 ? set : null;
        switch (variable, settings.ClickhousePortPasswordFile)
        {
            case (null, null):
                errors.Add(
                    $"{key} is {port} and has no password: set {Variable}, "
                        + "or name a file that contains it in clickhouse_port_password_file"
                );
                return null;
            case ({ } text, null):
                return Checked(text, Variable, errors);
            case (null, { } file):
                return FromFile(file, errors);
            default:
                errors.Add($"{Variable} and clickhouse_port_password_file are both set: set one of them");
                return null;
        }
    }

    private static string? FromFile(string file, List<string> errors)
    {
        try
        {
            using var reader = new StreamReader(file);
            var buffer = new char[LongestFile];
            var text = new string(buffer, 0, reader.ReadBlock(buffer));
            return Checked(
                text.Split('\n')[0].TrimEnd('\r'),
                $"the first line of clickhouse_port_password_file '{file}'",
                errors
            );
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            errors.Add($"clickhouse_port_password_file cannot be read: {e.Message}");
            return null;
        }
    }

    private static string? Checked(string text, string origin, List<string> errors)
    {
        // The characters of HTTP headers.
        if (text.Length is >= Shortest and <= Longest && text.All(c => c is >= ' ' and <= '~'))
            return text;
        errors.Add($"{origin} is not a valid password: expected {Shortest} to {Longest} printable ASCII characters");
        return null;
    }
}
