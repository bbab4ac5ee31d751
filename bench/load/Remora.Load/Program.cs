using Remora.Load;

// The servers and load generators of the scripts, each in its own process with the same settings.
return args switch
{
    ["hello", var port] => await HelloServer.RunAsync(int.Parse(port), inline: false),
    ["hello-inline", var port] => await HelloServer.RunAsync(int.Parse(port), inline: true),
    ["hello-inline", var port, var length] => await HelloServer.RunAsync(
        int.Parse(port),
        inline: true,
        int.Parse(length)
    ),
    ["risk", var port] => await RiskServer.RunAsync(int.Parse(port)),
    ["stream", var port] => await StreamServer.RunAsync(int.Parse(port)),
    ["readers", var url, var readers, var stalled, var seconds] => await StreamReaders.RunAsync(
        new(url),
        int.Parse(readers),
        int.Parse(stalled),
        double.Parse(seconds)
    ),
    ["guarded", var port, var folder] => await RiskServer.RunAsync(int.Parse(port), folder),
    ["attack", var url, var key, var requests, var idle] => await Attack.RunAsync(
        new(url),
        key,
        int.Parse(requests),
        int.Parse(idle)
    ),
    ["rate", var url, var perSecond, var seconds, var connections] => ConstantRate.Run(
        new(url),
        double.Parse(perSecond),
        double.Parse(seconds),
        int.Parse(connections)
    ),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine(
        "usage: hello PORT | hello-inline PORT [BYTES] | risk PORT | guarded PORT DATA_FOLDER | attack URL KEY REQUESTS IDLE "
            + "| stream PORT | readers URL COUNT STALLED SECONDS | rate URL REQUESTS_PER_SECOND SECONDS CONNECTIONS"
    );
    return 2;
}
