namespace Remora.Feeds.Http;

/// <summary>Creates the HTTP client for outside sources.</summary>
public static class OutsideHttp
{
    /// <summary>
    /// Creates a client that follows no redirects, because .NET would forward a key's header to any
    /// target. <see cref="BoundedGet"/> follows redirects if that is safe.
    /// </summary>
    public static HttpClient NewClient()
    {
        var http = new HttpClient(
            new SocketsHttpHandler
            {
                PooledConnectionLifetime = TimeSpan.FromMinutes(5),
                UseCookies = false,
                AllowAutoRedirect = false,
            }
        );
        http.DefaultRequestHeaders.UserAgent.ParseAdd("remora");
        return http;
    }
}
