using Remora.Load;

// The parts of run.sh, each a process of its own: two servers under the same runtime settings, and a load of constant rate.
return args switch
{
    ["hello", var port] => await HelloServer.RunAsync(int.Parse(port), inline: false),
    ["hello-inline", var port] => await HelloServer.RunAsync(int.Parse(port), inline: true),
    ["risk", var port] => await RiskServer.RunAsync(int.Parse(port)),
    ["rate", var url, var perSecond, var seconds, var connections] =>
        ConstantRate.Run(new(url), double.Parse(perSecond), double.Parse(seconds), int.Parse(connections)),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("usage: hello PORT | hello-inline PORT | risk PORT | rate URL REQUESTS_PER_SECOND SECONDS CONNECTIONS");
    return 2;
}
