namespace Remora.Feeds.Http;

/// <summary>Makes the client that outside sources are asked with.</summary>
public static class OutsideHttp
{
    /// <summary>A client that follows no redirection by itself: .NET would send a key's header along, wherever it leads. <see cref="BoundedGet"/> follows where that is safe.</summary>
    public static HttpClient NewClient()
    {
        var http = new HttpClient(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(5), UseCookies = false, AllowAutoRedirect = false });
        http.DefaultRequestHeaders.UserAgent.ParseAdd("remora");
        return http;
    }
}
