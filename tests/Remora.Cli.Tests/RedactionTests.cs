namespace Remora.Cli.Tests;

public sealed class RedactionTests
{
    [Theory]
    [InlineData("X-ClickHouse-Key: hunter2")]
    [InlineData("x-clickhouse-key:hunter2 and hunter2")]
    [InlineData("{\"Message\":\"GET /\",\"X-ClickHouse-Key\": \"hunter2\"}")]
    [InlineData("{\"Message\":\"sent X-ClickHouse-Key: hunter2 \\\"hunter2\"}")]
    [InlineData("X-MBX-APIKEY: hunter2")]
    [InlineData("X-Api-Key: hunter2")]
    [InlineData("Authorization: Digest username=\"me\", response=\"hunter2\"")]
    [InlineData("Authorization: hunter2")]
    [InlineData("Set-Cookie: session=hunter2; Secure")]
    [InlineData("GET /?api-key=hunter2")]
    [InlineData("GET /?a=b&key=hunter2&c=d")]
    [InlineData("GET /?user=me&password=hunter2")]
    [InlineData("CLICKHOUSE_KEY=hunter2")]
    [InlineData("signature=hunter2")]
    [InlineData("http://me:hunter2@example.org/")]
    [InlineData("REMORA_NOTIFY_URLS='tgram://1:hunter2/2 ntfys://a/hunter2'")]
    [InlineData("discord://1/hunter2")]
    [InlineData("Bearer hunter2hunter2")]
    [InlineData("rmr_hunter2")]
    public void Secrets_are_removed(string line)
    {
        var shown = Redaction.Apply($"before\n{line}\nafter");
        Assert.DoesNotContain("hunter2", shown);
        Assert.Contains(Redaction.Mark, shown);
        Assert.StartsWith("before\n", shown);
        Assert.EndsWith("\nafter", shown);
    }

    [Theory]
    [InlineData("the key 'bot' does not exist: 'remora keys list' lists the keys")]
    [InlineData("\"key_per_minute\": 300")]
    [InlineData("remora_http_request_duration_seconds_count{route=\"/api/v1/risk\",status=\"200\"} 5")]
    [InlineData("GET /api/v1/risk 200 0.1 ms bot 127.0.0.1")]
    public void Other_text_is_not_redacted(string line) => Assert.Equal(line, Redaction.Apply(line));
}
