using System.IO.Compression;
using System.Net;
using System.Text;

namespace Remora.ClickHouse.Tests.Host;

public sealed class HttpInterfaceTests(Engine engine) : IDisposable
{
    private readonly HttpClient _http = new(
        new SocketsHttpHandler { AutomaticDecompression = DecompressionMethods.None }
    )
    {
        BaseAddress = engine.Url,
    };

    [Fact]
    public async Task Ping_answers_ok() => Assert.Equal("Ok.\n", await _http.GetStringAsync("/ping"));

    [Theory]
    [InlineData("selct 1", 400, "62", "SYNTAX_ERROR")]
    [InlineData("select * from no_such_table", 404, "60", "UNKNOWN_TABLE")]
    [InlineData("select no_such_function(1)", 404, "46", "UNKNOWN_FUNCTION")]
    [InlineData("select throwIf(1)", 500, "395", "FUNCTION_THROW_IF_VALUE_IS_NON_ZERO")]
    [InlineData("select 1; select 2", 400, "62", "Multi-statements are not allowed")]
    [InlineData("", 400, "62", "SYNTAX_ERROR")]
    [InlineData("select 1 into outfile 'x'", 500, "348", "INTO_OUTFILE_NOT_ALLOWED")]
    [InlineData("select 1 format NoSuchFormat", 404, "73", "UNKNOWN_FORMAT")]
    public async Task Errors_are_clickhouses_own(string sql, int status, string code, string says)
    {
        using var answer = await _http.PostAsync("/", new StringContent(sql));
        var text = await answer.Content.ReadAsStringAsync();
        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal(code, answer.Headers.GetValues("X-ClickHouse-Exception-Code").Single());
        Assert.StartsWith($"Code: {code}. DB::Exception: ", text);
        Assert.Contains(says, text);
        Assert.DoesNotContain("outfile '/", text, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Headers_contain_format_query_id_and_summary()
    {
        using var answer = await _http.PostAsync(
            "/?query_id=mine-1",
            new StringContent("select number from numbers(10) format JSONEachRow")
        );
        Assert.Equal("JSONEachRow", answer.Headers.GetValues("X-ClickHouse-Format").Single());
        Assert.Equal("mine-1", answer.Headers.GetValues("X-ClickHouse-Query-Id").Single());
        Assert.Contains("\"read_rows\":\"10\"", answer.Headers.GetValues("X-ClickHouse-Summary").Single());
        Assert.Equal(
            10,
            (await answer.Content.ReadAsStringAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length
        );
    }

    [Fact]
    public async Task Parameters_and_settings_come_from_the_url_and_end_with_the_request()
    {
        var hostile = "x'); drop table t; -- \\ \"`";
        var url = "/?max_threads=1&param_a=" + Uri.EscapeDataString(hostile.Replace("\\", "\\\\"));
        using var answer = await _http.PostAsync(
            url,
            new StringContent("select {a:String}, getSetting('max_threads') format RawBLOB")
        );
        Assert.StartsWith(hostile, await answer.Content.ReadAsStringAsync());

        using var bad = await _http.PostAsync("/?no_such_setting=1", new StringContent("select 1"));
        Assert.Equal(HttpStatusCode.NotFound, bad.StatusCode);
        using var hostileName = await _http.PostAsync(
            "/?max_threads%20%3D%201%2C%20readonly=1",
            new StringContent("select 1")
        );
        Assert.Equal(HttpStatusCode.NotFound, hostileName.StatusCode);
    }

    [Fact]
    public async Task Get_is_read_only()
    {
        Assert.Equal("1\n", await _http.GetStringAsync("/?query=select+1"));
        using var answer = await _http.GetAsync("/?query=create+table+x+(a+UInt8)+engine=Memory");
        Assert.Contains("READONLY", await answer.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("CSVWithNames", "\"a\"\n1\n")]
    [InlineData("TSV", "1\n")]
    [InlineData("JSONCompactEachRow", "[1]\n")]
    public async Task Formats_come_from_the_clause_the_url_or_the_header(string format, string expected)
    {
        using var fromClause = await _http.PostAsync("/", new StringContent($"select 1 as a format {format}"));
        using var fromUrl = await _http.PostAsync($"/?default_format={format}", new StringContent("select 1 as a"));
        using var request = new HttpRequestMessage(HttpMethod.Post, "/")
        {
            Content = new StringContent("select 1 as a"),
            Headers = { { "X-ClickHouse-Format", format } },
        };
        using var fromHeader = await _http.SendAsync(request);
        foreach (var answer in new[] { fromClause, fromUrl, fromHeader })
            Assert.Equal(expected, await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Large_results_stream_and_documents_are_complete()
    {
        using var json = await _http.PostAsync(
            "/",
            new StringContent("select number from numbers(300000) format JSON")
        );
        using var document = System.Text.Json.JsonDocument.Parse(await json.Content.ReadAsStringAsync());
        Assert.Equal(300_000, document.RootElement.GetProperty("rows").GetInt32());

        using var parquet = await _http.PostAsync(
            "/",
            new StringContent("select number from numbers(3000000) format Parquet")
        );
        var bytes = await parquet.Content.ReadAsByteArrayAsync();
        Assert.Equal("PAR1", Encoding.ASCII.GetString(bytes[^4..]));
        Assert.Equal(1, Occurrences(bytes.AsSpan(4), "PAR1"u8));
    }

    [Fact]
    public async Task Requests_and_responses_can_be_compressed()
    {
        using var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionMode.Compress, leaveOpen: true))
            await gzip.WriteAsync("select number from numbers(100000)"u8.ToArray());
        using var request = new HttpRequestMessage(HttpMethod.Post, "/?enable_http_compression=1")
        {
            Content = new ByteArrayContent(packed.ToArray()),
        };
        request.Content.Headers.ContentEncoding.Add("gzip");
        request.Headers.AcceptEncoding.ParseAdd("gzip");
        using var answer = await _http.SendAsync(request);
        Assert.Equal("gzip", answer.Content.Headers.ContentEncoding.Single());
        using var lines = new StreamReader(
            new GZipStream(await answer.Content.ReadAsStreamAsync(), CompressionMode.Decompress)
        );
        Assert.Equal(100_000, (await lines.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public async Task Bodies_with_a_wrong_encoding_are_rejected()
    {
        using var broken = new HttpRequestMessage(HttpMethod.Post, "/") { Content = new StringContent("select 1") };
        broken.Content.Headers.ContentEncoding.Add("gzip");
        using var refused = await _http.SendAsync(broken);
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        using var foreign = new HttpRequestMessage(HttpMethod.Post, "/") { Content = new StringContent("select 1") };
        foreign.Content.Headers.ContentEncoding.Add("snappy");
        using var unknown = await _http.SendAsync(foreign);
        Assert.Equal(HttpStatusCode.NotImplemented, unknown.StatusCode);
    }

    [Fact]
    public async Task A_folder_without_pipes_is_a_clear_error()
    {
        using var scratch = new Scratch();
        await using var own = await Remora.ClickHouse.Embedded.EmbeddedEngine.StartAsync(
            new() { Folder = scratch.Folder }
        );
        Directory.Delete(Path.Combine(scratch.Folder, "pipes"));
        var error = await Assert.ThrowsAsync<ClickHouseException>(() =>
            own.Client.SingleAsync("SELECT 1", row => row.UInt8())
        );
        Assert.Contains("cannot create a pipe", error.Message);
    }

    [Fact]
    public async Task A_late_error_follows_its_tag_or_becomes_a_status_with_wait_end_of_query()
    {
        const string Sql =
            "select throwIf(number = 150000) from numbers(200000) settings max_block_size = 1000, max_threads = 1";
        using var client = new ClickHouseClient(new() { Url = engine.Url });
        await using var stream = await client.StreamAsync(
            Sql,
            "TSV",
            new() { Settings = new Dictionary<string, string> { ["buffer_size"] = "1000" } }
        );
        using var kept = new MemoryStream();
        var error = await Assert.ThrowsAsync<ClickHouseException>(() => stream.CopyToAsync(kept));
        Assert.Equal(395, error.Code);
        Assert.Equal("0\n0\n", Encoding.UTF8.GetString(kept.ToArray()[..4]));
        Assert.DoesNotContain("exception", Encoding.UTF8.GetString(kept.ToArray()));

        using var awaited = await _http.PostAsync("/?wait_end_of_query=1", new StringContent(Sql));
        Assert.Equal(HttpStatusCode.InternalServerError, awaited.StatusCode);
    }

    [Fact]
    public async Task A_query_ends_when_its_caller_disconnects()
    {
        using var going = new CancellationTokenSource(TimeSpan.FromMilliseconds(500));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            _http.PostAsync(
                "/?query_id=goes-away",
                new StringContent("select sum(sipHash64(number)) from numbers(100000000000)"),
                going.Token
            )
        );
        for (var tries = 0; ; tries++)
        {
            var running = await engine.Embedded.Client.SingleAsync(
                "select count() from system.processes where Settings['log_comment'] = 'goes-away'",
                row => row.UInt64()
            );
            if (running == 0)
                break;
            Assert.True(tries < 100, "the query still runs");
            await Task.Delay(50);
        }
    }

    [Fact]
    public async Task The_id_of_a_running_query_cannot_be_taken_twice()
    {
        var slow = _http.PostAsync("/?query_id=twice", new StringContent("select sleep(1)"));
        await Task.Delay(300);
        using var second = await _http.PostAsync("/?query_id=twice", new StringContent("select 1"));
        Assert.Contains("QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING", await second.Content.ReadAsStringAsync());
        (await slow).Dispose();
    }

    public void Dispose() => _http.Dispose();

    private static int Occurrences(ReadOnlySpan<byte> data, ReadOnlySpan<byte> of) => data.Count(of);
}
