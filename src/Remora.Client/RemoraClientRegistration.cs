using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Remora.Client;

/// <summary>Registers the client in a host.</summary>
public static class RemoraClientRegistration
{
    /// <summary>
    /// Adds one shared <see cref="RemoraClient"/>. Invalid options cause an
    /// <see cref="OptionsValidationException"/> when the host starts.
    /// </summary>
    /// <param name="services">The services of the host.</param>
    /// <param name="configure">
    /// Sets the options; without it they come from <c>REMORA_URL</c>, <c>REMORA_API_KEY</c> and the
    /// defaults.
    /// </param>
    public static IServiceCollection AddRemoraClient(
        this IServiceCollection services,
        Action<RemoraClientOptions>? configure = null
    )
    {
        var options = services.AddOptions<RemoraClientOptions>();
        if (configure is not null)
            options.Configure(configure);
        options.ValidateOnStart();
        services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IValidateOptions<RemoraClientOptions>, RemoraClientOptionsCheck>()
        );
        services.TryAddSingleton(provider => new RemoraClient(
            provider.GetRequiredService<IOptions<RemoraClientOptions>>().Value,
            provider.GetService<ILogger<RemoraClient>>(),
            provider.GetService<TimeProvider>()
        ));
        return services;
    }
}
