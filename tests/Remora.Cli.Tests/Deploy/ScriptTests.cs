using System.Text.RegularExpressions;
using Remora.Testing;

namespace Remora.Cli.Tests.Deploy;

/// <summary>Tests that the scripts run where there is only what macOS has.</summary>
public sealed partial class ScriptTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory, InlineData("remora"), InlineData("build.sh"), InlineData("test")]
    public void A_script_uses_nothing_newer_than_bash_3_2(string script)
    {
        var lines = File.ReadAllLines(Repository.PathOf(script));
        Assert.DoesNotContain(lines, line => NewerPattern().IsMatch(line));
        Assert.DoesNotContain(lines, line => GnuPattern().IsMatch(line));
    }

    [Theory]
    [InlineData("declare -A running=()")]
    [InlineData("mapfile -t names")]
    [InlineData("wait -n -p ended")]
    [InlineData("echo ${name,,}")]
    [InlineData("echo ${name@Q}")]
    [InlineData("echo ${names[-1]}")]
    [InlineData("[[ -v name ]]")]
    [InlineData("exec {lock}>file")]
    [InlineData("run |& cat")]
    public void What_is_newer_is_found(string line) => Assert.Matches(NewerPattern(), line);

    [Theory]
    [InlineData("perl", "")]
    [InlineData("", "neither flock nor perl is installed: do not build twice at the same time")]
    public async Task Builds_wait_for_each_other_without_flock(string locker, string notice)
    {
        var tools = Directory.CreateDirectory(_folder.File("tools")).FullName;
        const string needed = "bash basename cat dirname find grep head id mkdir mv rmdir sed sleep sort touch";
        foreach (var name in needed.Split(' ').Append(locker).Where(name => name.Length > 0))
            File.CreateSymbolicLink(
                Path.Combine(tools, name),
                new[] { "/usr/bin/", "/bin/" }.Select(folder => folder + name).First(File.Exists)
            );
        // A compiler that finds out whether another one runs at the same time.
        var compiler = Path.Combine(tools, "dotnet");
        await File.WriteAllTextAsync(
            compiler,
            "#!/bin/sh\nmkdir \"$WORK/running\" || echo overlap >>\"$WORK/overlaps\"\nsleep 0.3\n"
                + "rmdir \"$WORK/running\"\necho built >>\"$WORK/builds\"\n"
        );
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(compiler, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var builds =
            $"root=$WORK; source '{Repository.PathOf("build.sh")}'; "
            + "build_locked \"$WORK/stamp\" a & build_locked \"$WORK/stamp\" b; wait";
        var two = locker.Length > 0 ? builds : builds.Replace("a & build_locked \"$WORK/stamp\" b; wait", "a");
        var (exit, output) = await Tool.RunAsync(
            "env",
            [
                "-i",
                $"PATH={tools}",
                $"WORK={_folder.Path}",
                $"HOME={_folder.Path}",
                Path.Combine(tools, "bash"),
                "-c",
                two,
            ]
        );
        Assert.True(exit == 0, output);
        Assert.Contains(notice, output);
        Assert.Equal(locker.Length > 0 ? 2 : 1, (await File.ReadAllLinesAsync(_folder.File("builds"))).Length);
        Assert.False(File.Exists(_folder.File("overlaps")), output);
        Assert.True(File.Exists(_folder.File("stamp")));
    }

    [Fact]
    public void The_launcher_for_windows_has_its_line_ends_and_the_project()
    {
        var launcher = File.ReadAllText(Repository.PathOf("remora.cmd"));
        Assert.Equal(launcher.Count(c => c == '\n'), Regex.Count(launcher, "\r\n"));
        var project = Regex.Match(launcher, "\"%~dp0(?<it>[^\"]+)\"", RegexOptions.NonBacktracking).Groups["it"].Value;
        Assert.True(Directory.Exists(Repository.PathOf(project.Split('\\'))), project);
    }

    // Associative arrays, reading into arrays, waiting for any process, case of letters,
    // transformations, indexes from the end, tests of names, named descriptors, |& and &>>.
    [GeneratedRegex(
        @"(declare|local|typeset) -\w*[Ag]|mapfile|readarray|coproc|wait -n|\$\{[^}]*(,,|\^\^|@[A-Za-z]\}|\[-\d)|"
            + @"\[\[ -v |exec \{|\|&|&>>|;;?&( |$)|globstar",
        RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex NewerPattern();

    [GeneratedRegex(
        @"find .*(-printf|-quit)|readlink -[em]|sed -\w*i|date \+%s?%?3?N|stat -c",
        RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex GnuPattern();
}
