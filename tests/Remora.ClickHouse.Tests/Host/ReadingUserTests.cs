using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Remora.ClickHouse.Embedded;
using Remora.Testing;

[assembly: AssemblyFixture(typeof(Remora.ClickHouse.Tests.Host.GuardedPort))]

namespace Remora.ClickHouse.Tests.Host;

/// <summary>Tests the port of an engine for the read-only user.</summary>
public sealed class ReadingUserTests(GuardedPort port)
{
    // Nested comments, which a tokenizer could end too early
    private const string Hidden =
        " /* /* */ ' */ INTO OUTFILE '{0}' TRUNCATE FORMAT RawBLOB /* /* /* */ ' */ x FORMAT TSV -- */";

    [Theory]
    [InlineData("select n from t order by n", "1\n2\n3\n")]
    [InlineData("select count() from remora.t format CSV", "3\n")]
    [InlineData("with x as (select n from t where n > 1) select sum(n) from x join t using n", "5\n")]
    [InlineData(
        "select sumIf(n, n > 1), uniqMerge(u), quantileTDigest(0.5)(n) from (select n, uniqState(n) u from t group "
            + "by n)",
        "5\t3\t2\n"
    )]
    [InlineData(
        "select arrayMap(x -> x * 2, [1, 2]), 'a' || 'b', n::String, case n when 1 then 'x' else 'y' end, "
            + "exists(select 1) from t where n = 1",
        "[2,4]\tab\t1\tx\t1\n"
    )]
    [InlineData(
        "select n, row_number() over (partition by n % 2 order by n rows between 1 preceding and current row) from "
            + "t order by n limit 1",
        "1\t1\n"
    )]
    [InlineData("select * except (n) replace (upper(s) as s) from t order by n limit 1", "ONE\n")]
    [InlineData("select n from (select n from t where n in (select 2) union all select 7) order by n", "2\n7\n")]
    [InlineData(
        "select toStartOfHour(toDateTime('2026-01-01 10:20:30', 'UTC')), round(1.25, 1), "
            + "JSONExtractInt('{\"a\":3}', 'a'), toTypeName(1)",
        "2026-01-01 10:00:00\t1.2\t3\tUInt8\n"
    )]
    [InlineData("select count() from numbers(10)", "10\n")]
    [InlineData("select /* a comment */ 1 -- and another", "1\n")]
    [InlineData("select '/* no comment', ' INTO OUTFILE ''x'''", "/* no comment\t INTO OUTFILE \\'x\\'\n")]
    [InlineData("show tables", "secret_view\nt\n")]
    [InlineData("show tables from remora like 't'", "t\n")]
    [InlineData("exists table t", "1\n")]
    [InlineData("select name from system.databases where name = 'remora'", "remora\n")]
    [InlineData(
        "select table_name from information_schema.tables where table_schema = 'remora' and table_name = 't'",
        "t\n"
    )]
    [InlineData("select currentDatabase(), version() != ''", "remora\t1\n")]
    public async Task Reads_are_allowed(string sql, string expected)
    {
        var (status, text) = await port.AskAsync(sql);
        Assert.True(status == HttpStatusCode.OK, text);
        Assert.Equal(expected, text);
    }

    [Theory]
    [InlineData("describe t", "n\tUInt32")]
    [InlineData("show create table remora.t", "CREATE TABLE remora.t")]
    [InlineData("show databases", "remora")]
    [InlineData("select n from t format Parquet", "PAR1")]
    public async Task Long_statements_are_allowed(string sql, string part) =>
        Assert.Contains(part, (await port.AskAsync(sql)).Text, StringComparison.Ordinal);

    [Theory]
    // files and the environment
    [InlineData("select file('/etc/passwd')")]
    [InlineData("select replaceAll(file('/proc/self/environ'), '\\0', ' ')")]
    [InlineData("select FILE('/etc/passwd')")]
    [InlineData("select 1 limit length(file('/etc/passwd'))")]
    [InlineData("select n from t order by n with fill step length(file('/etc/passwd'))")]
    [InlineData(
        "select sum(n) over (order by n rows between length(file('/etc/passwd')) preceding and current row) from t"
    )]
    [InlineData("select * apply(file) from t")]
    [InlineData("select arrayMap(x -> file(x), ['/etc/passwd'])")]
    [InlineData("select * from file('/etc/passwd', 'LineAsString')")]
    [InlineData("select 1 in file('/etc/passwd', 'LineAsString', 'x String')")]
    [InlineData("select * from `/etc/passwd`")]
    [InlineData("select * from default.`/etc/passwd`")]
    [InlineData("select 1 in default.`/etc/passwd`")]
    [InlineData("describe table file('/etc/passwd', 'LineAsString')")]
    [InlineData("show tables from remora where file('/etc/passwd') like 'root%'")]
    [InlineData("show tables where name in system.users")]
    [InlineData("select n from t settings additional_table_filters = {'t': 'file(\\'/etc/passwd\\') != \\'\\''}")]
    [InlineData("select 1 into outfile '/tmp/remora-outfile'")]
    [InlineData("insert into function file('/tmp/remora-outfile', 'CSV', 'n UInt32') select 1")]
    // other machines
    [InlineData("describe table url('http://127.0.0.1:1/')")]
    [InlineData("select * from url('http://127.0.0.1:1/', 'LineAsString')")]
    [InlineData("select * from remote('127.0.0.2', system.one)")]
    [InlineData("select * from mysql('127.0.0.1:1', 'a', 'b', 'c', 'd')")]
    [InlineData("select * from s3('http://127.0.0.1:1/x')")]
    [InlineData("select aiGenerate('a', 'b')")]
    // other things of the engine
    [InlineData("kill query where 1")]
    [InlineData("system shutdown")]
    [InlineData("select dictGet('remora.d', 'v', 1)")]
    [InlineData("select joinGet('remora.j', 'v', 1)")]
    [InlineData("select * from executable('x', 'TSV', 'n UInt8')")]
    [InlineData("select * from eval('select 1')")]
    [InlineData("select * from view(select file('/etc/passwd'))")]
    [InlineData("select * from merge('system', '^users$')")]
    [InlineData("select * from merge('private', '.*')")]
    [InlineData("select * from cluster('default', system.users)")]
    [InlineData("select * from loop(system.users)")]
    [InlineData("select getServerSetting('x'), showCertificate()")]
    [InlineData("execute as default select 1")]
    // tables
    [InlineData("select * from system.users")]
    [InlineData("select * from system.processes")]
    [InlineData("select * from system.query_log")]
    [InlineData("select * from system.named_collections")]
    [InlineData("select 1 in system.users")]
    [InlineData("select * from private.t")]
    [InlineData("select 1 in (private.t)")]
    [InlineData("select 1 in private.t")]
    [InlineData("show create table private.t")]
    [InlineData("select * from {name:Identifier}", "system.users")]
    [InlineData("select 1 in {name:Identifier}", "private.t")]
    // changes
    [InlineData("insert into t values (8, 'x')")]
    [InlineData("insert into t select 8, 'x'")]
    [InlineData("drop table t")]
    [InlineData("create table x (n UInt8) engine = Memory")]
    [InlineData("create temporary table x (n UInt8)")]
    [InlineData("alter table t delete where 1")]
    [InlineData("truncate table t")]
    [InlineData("optimize table t")]
    [InlineData("rename table t to u")]
    [InlineData("create function f as x -> x")]
    [InlineData("set readonly = 0")]
    [InlineData("select 1 settings readonly = 0")]
    [InlineData("backup database remora to File('/tmp/remora-outfile')")]
    [InlineData("grant all on *.* to remora")]
    public async Task Everything_else_fails(string sql, string? name = null)
    {
        var (status, text) = await port.AskAsync(sql, name is null ? "" : "?param_name=" + name);
        Assert.True(status != HttpStatusCode.OK, text);
        Assert.StartsWith("Code: ", text, StringComparison.Ordinal);
        Assert.DoesNotContain("root:", text, StringComparison.Ordinal);
        Assert.False(Path.Exists("/tmp/remora-outfile"));
        Assert.Equal("3\n", (await port.AskAsync("select count() from t")).Text);
    }

    [Theory]
    [InlineData("select 42")]
    [InlineData("show tables")]
    [InlineData("describe t")]
    [InlineData("exists t")]
    public async Task A_comment_cannot_hide_an_output_file(string sql)
    {
        using var scratch = new Scratch();
        var file = Path.Combine(scratch.Folder, "written");
        foreach (
            var statement in new[]
            {
                sql + Hidden,
                sql + " # ' \n INTO OUTFILE '{0}' -- '",
                sql + " -- ' \n INTO OUTFILE '{0}' -- '",
                sql + " INTO /**/ OUTFILE '{0}'",
            }
        )
        {
            var (status, text) = await port.AskAsync(string.Format(null, statement, file));
            Assert.True(status != HttpStatusCode.OK, text);
            using var get = await port.Http.GetAsync(
                "/?query=" + Uri.EscapeDataString(string.Format(null, statement, file))
            );
            Assert.False(get.IsSuccessStatusCode);
        }
        Assert.Empty(Directory.GetFiles(scratch.Folder));
    }

    [Theory]
    [InlineData("max_threads=1&output_format_json_quote_64bit_integers=0&readonly=2&database=remora", true)]
    [InlineData("readonly=0", false)]
    [InlineData("max_memory_usage=0", false)]
    [InlineData("max_execution_time=0", false)]
    [InlineData("allow_introspection_functions=1", false)]
    [InlineData("database=private", false)]
    public async Task Settings_change_the_format_but_neither_permissions_nor_limits(string settings, bool isAllowed)
    {
        var (status, text) = await port.AskAsync("select n from t order by n", "?" + settings);
        Assert.True(status == HttpStatusCode.OK == isAllowed, text);
        foreach (var sql in new[] { "select file('/etc/passwd')", "select n, file('/etc/passwd') from t" })
            Assert.NotEqual(HttpStatusCode.OK, (await port.AskAsync(sql, "?" + settings)).Status);
    }

    [Fact]
    public async Task A_view_has_the_permissions_of_its_caller()
    {
        Assert.Contains("ACCESS_DENIED", (await port.AskAsync("select * from secret_view")).Text);
    }

    [Fact]
    public async Task Every_query_requires_the_password()
    {
        using var stranger = new HttpClient { BaseAddress = port.Url };
        Assert.Equal("Ok.\n", await stranger.GetStringAsync("/ping"));
        foreach (
            var (user, password) in new[]
            {
                (null, null),
                ("default", ""),
                ("default", GuardedPort.Password),
                ("remora", null),
                ("remora", ""),
                ("remora", "wrong"),
                ("remora", GuardedPort.Password[..^1]),
                ("Remora", GuardedPort.Password),
                ("admin", GuardedPort.Password),
            }
        )
        {
            foreach (var request in Requests(user, password))
            {
                using var refused = await stranger.SendAsync(request);
                var text = await refused.Content.ReadAsStringAsync();
                Assert.False(refused.IsSuccessStatusCode, $"{request} {text}");
                Assert.DoesNotMatch("^1", text);
            }
        }
        foreach (var request in Requests("remora", GuardedPort.Password))
        {
            using var answer = await stranger.SendAsync(request);
            Assert.Equal("1\n", await answer.Content.ReadAsStringAsync());
        }

        static IEnumerable<HttpRequestMessage> Requests(string? user, string? password)
        {
            var query =
                $"{(user is null ? "" : "&user=" + Uri.EscapeDataString(user))}{(password is null ? "" : "&password=" + Uri.EscapeDataString(password))}";
            yield return new(HttpMethod.Get, "/?query=select+1" + query);
            yield return new(HttpMethod.Post, "/?" + query) { Content = new StringContent("select 1") };
            var headers = new HttpRequestMessage(HttpMethod.Post, "/") { Content = new StringContent("select 1") };
            if (user is not null)
                headers.Headers.Add("X-ClickHouse-User", user);
            if (password is not null)
                headers.Headers.Add("X-ClickHouse-Key", password);
            yield return headers;
            var basic = new HttpRequestMessage(HttpMethod.Post, "/") { Content = new StringContent("select 1") };
            if (user is not null || password is not null)
                basic.Headers.Authorization = new(
                    "Basic",
                    Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}"))
                );
            yield return basic;
        }
    }

    [Theory]
    [InlineData("168", "SELECT 1")]
    [InlineData("168", "SELECT file('/etc/passwd')")]
    [InlineData("168", "SHOW TABLES")]
    [InlineData("452", "SELECT 1", "?max_ast_elements=1000")]
    [InlineData("452", "SELECT 1", "?profile=default")]
    [InlineData("452", "SELECT 1", "?profile=reader")]
    [InlineData("201", "SYSTEM STOP LISTEN HTTP")]
    [InlineData("201", "SYSTEM START LISTEN TCP")]
    [InlineData("201", "SYSTEM SHUTDOWN")]
    public async Task The_user_without_a_password_can_do_nothing(string code, string sql, string settings = "")
    {
        using var stranger = new HttpClient { BaseAddress = port.Url };
        using var answer = await stranger.PostAsync("/" + settings, new StringContent(sql));
        Assert.False(answer.IsSuccessStatusCode);
        Assert.Equal(code, answer.Headers.GetValues("X-ClickHouse-Exception-Code").Single());
    }

    [Fact]
    public async Task The_owner_can_use_the_read_only_user()
    {
        using var reader = new ClickHouseClient(
            new()
            {
                Engine = () => port.Engine.Endpoint,
                User = "remora",
                Database = "remora",
            }
        );
        Assert.Equal(3UL, await reader.SingleAsync("SELECT count() FROM t", row => row.UInt64()));
        Assert.Equal(
            497,
            (await Assert.ThrowsAsync<ClickHouseException>(() => reader.ExecuteAsync("DROP TABLE t"))).Code
        );
        using var unknown = new ClickHouseClient(new() { Engine = () => port.Engine.Endpoint, User = "admin" });
        Assert.Equal(516, (await Assert.ThrowsAsync<ClickHouseException>(() => unknown.ExecuteAsync("SELECT 1"))).Code);
    }

    [Fact]
    public async Task The_official_client_reads()
    {
        var start = new ProcessStartInfo(
            "node",
            [
                Path.Combine(AppContext.BaseDirectory, "Host", "official-reader.mjs"),
                port.Url.ToString(),
                Repository.Root,
            ]
        )
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["PASSWORD"] = GuardedPort.Password },
        };
        using var node = Process.Start(start)!;
        var errors = node.StandardError.ReadToEndAsync();
        var output = await node.StandardOutput.ReadToEndAsync();
        await node.WaitForExitAsync();
        Assert.True(node.ExitCode == 0, await errors);
        var seen = JsonElement.Parse(output);
        Assert.True(seen.GetProperty("ping").GetBoolean());
        Assert.Equal("two", seen.GetProperty("rows")[0].GetProperty("s").GetString());
        Assert.Equal("ACCESS_DENIED", seen.GetProperty("insert").GetString());
        // As 'default', who has no password, and no statement either
        Assert.Equal("TOO_BIG_AST", seen.GetProperty("stranger").GetString());
    }
}

/// <summary>
/// An engine with a port, a database 'remora' with a table of three rows, and a database that
/// readers cannot access.
/// </summary>
public sealed class GuardedPort : IAsyncLifetime
{
    public const string Password = "s'ecret: 1";

    private readonly Scratch _scratch = new();
    private EmbeddedEngine? _engine;
    private HttpClient? _http;

    public EmbeddedEngine Engine => _engine!;

    public Uri Url => new($"http://127.0.0.1:{Engine.Endpoint.Port}");

    /// <summary>A client for the read-only user.</summary>
    public HttpClient Http => _http!;

    public async ValueTask InitializeAsync()
    {
        _engine = await EmbeddedEngine.StartAsync(
            new()
            {
                Folder = _scratch.Folder,
                Port = 0,
                PortPassword = Password,
            }
        );
        _http = new() { BaseAddress = Url };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
            "Basic",
            Convert.ToBase64String(Encoding.UTF8.GetBytes("remora:" + Password))
        );
        foreach (
            var sql in new[]
            {
                "CREATE DATABASE remora",
                "CREATE TABLE remora.t (n UInt32, s String) ENGINE = MergeTree ORDER BY n",
                "INSERT INTO remora.t VALUES (1, 'one'), (2, 'two'), (3, 'three')",
                "CREATE DATABASE private",
                "CREATE TABLE private.t (n UInt32) ENGINE = MergeTree ORDER BY n",
                "INSERT INTO private.t VALUES (7)",
                "CREATE VIEW remora.secret_view AS SELECT n FROM private.t",
            }
        )
            await Engine.Client.ExecuteAsync(sql);
    }

    public async Task<(HttpStatusCode Status, string Text)> AskAsync(string sql, string query = "")
    {
        using var answer = await Http.PostAsync("/" + query, new StringContent(sql));
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    public async ValueTask DisposeAsync()
    {
        _http?.Dispose();
        if (_engine is not null)
            await _engine.DisposeAsync();
        _scratch.Dispose();
    }
}
