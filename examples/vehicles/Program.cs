using System.CommandLine;
using Remora.ClickHouse;
using Remora.ClickHouse.Embedded;
using Remora.ClickHouse.Rollups;
using Remora.Vehicles;

try
{
    return await CommandLine
        .Create()
        .Parse(args)
        .InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (Exception e)
    when (e
            is RollupException
                or RollupDefinitionException
                or ClickHouseException
                or ClickHouseUnavailableException
                or EngineStartException
                or InvalidDataException
                or IOException
                or UnauthorizedAccessException
    )
{
    Console.Error.WriteLine("vehicles: " + e.Message);
    return 1;
}
catch (OperationCanceledException)
{
    return 130;
}
