using System.Text;
using System.Text.Json;
using Remora.Feeds.Keys;
using Remora.Testing;

namespace Remora.Feeds.Tests.Keys;

/// <summary>A key is sent and never displayed.</summary>
public sealed class SourceKeyTests
{
    private const string Secret = "S3cret-key_of.the.test";

    private static readonly SourceKeys All = SourceKeys.Read(
        SourceKeys.Variables.ToDictionary(variable => variable, _ => Secret)
    );

    [Fact]
    public void Whatever_prints_or_serialises_a_key_shows_nothing()
    {
        var source = Feeds.Derivatives.Coinglass.Source("BTC", All.Coinglass!);
        var shown = new[]
        {
            $"{All.Fred}",
            $"{All}",
            $"{source}",
            $"{source.Credential}",
            $"{Credential.InQuery("k", All.Fred!)}",
            JsonSerializer.Serialize(All),
            JsonSerializer.Serialize(All, ReflectedJson.Options),
            JsonSerializer.Serialize(source.Credential),
            JsonSerializer.Serialize(All.Fred),
        };
        Assert.All(shown, text => Assert.DoesNotContain(Secret, text, StringComparison.OrdinalIgnoreCase));
        Assert.Contains(SourceKey.Hidden, shown[1], StringComparison.Ordinal);
    }

    [Theory]
    [
        InlineData("short"),
        InlineData("has a blank"),
        InlineData("has&ampersand"),
        InlineData("tab\tinside!"),
        InlineData("key/with/slashes"),
        InlineData("line\nbreak_in_it")
    ]
    public void What_cannot_be_a_key_is_refused_without_being_repeated(string text)
    {
        var message = Assert
            .Throws<FormatException>(() =>
                SourceKeys.Read(new Dictionary<string, string> { ["REMORA_COINGLASS_KEY"] = text })
            )
            .Message;
        Assert.Contains("REMORA_COINGLASS_KEY", message, StringComparison.Ordinal);
        Assert.DoesNotContain(text, message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_variable_is_none_and_blanks_around_a_key_are_not_part_of_it()
    {
        var keys = SourceKeys.Read(
            new Dictionary<string, string> { ["REMORA_COINGLASS_KEY"] = " ", ["REMORA_FRED_API_KEY"] = Secret + "\n" }
        );
        Assert.Equal((true, true, false), (keys.Coinglass is null, keys.CryptoPanic is null, keys.Fred is null));
        Assert.Equal(Secret, keys.Fred!.Reveal());
    }

    [Theory]
    [
        InlineData("https://host/path", "https://host/path?k=" + Secret),
        InlineData("https://host/path?a=1", "https://host/path?a=1&k=" + Secret)
    ]
    public void In_a_query_it_is_the_last_parameter(string url, string asked)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        Credential.InQuery("k", All.Fred!).Attach(request);
        Assert.Equal(asked, request.RequestUri!.AbsoluteUri);
    }

    [Fact]
    public void It_is_taken_out_of_text_and_bodies_however_often_it_is_there()
    {
        var credential = Credential.InHeader("X-Key", All.Fred!);
        Assert.Equal("no (hidden) here, (hidden)", credential.Redact($"no {Secret} here, {Secret.ToUpperInvariant()}"));
        var body = Encoding.UTF8.GetBytes($"{Secret}ü{Secret}{Secret}");
        Assert.Equal("(hidden)ü(hidden)(hidden)", Encoding.UTF8.GetString(credential.Redact(body)));
        var clean = "nothing"u8.ToArray();
        Assert.Same(clean, credential.Redact(clean));
    }
}
