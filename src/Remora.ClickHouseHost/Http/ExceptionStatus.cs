namespace Remora.ClickHouseHost.Http;

/// <summary>Returns the HTTP status of an error code, as ClickHouse's server does.</summary>
internal static class ExceptionStatus
{
    public static int Of(int code) =>
        code switch
        {
            194 => 401, // REQUIRED_PASSWORD
            192 or 193 or 516 or 497 => 403, // unknown user, wrong password, authentication failed, access denied
            6
            or 25
            or 26
            or 27
            or 38
            or 41
            or 72
            or 33
            or 36
            or 43
            or 53
            or 69
            or 8
            or 62
            or 117
            or 130
            or 150
            or 167
            or 168
            or 184
            or 223
            or 321
            or 376
            or 427
            or 456
            or 457
            or 386 => 400,
            46 or 47 or 50 or 56 or 60 or 63 or 73 or 78 or 81 or 115 or 180 or 336 => 404,
            159 or 209 => 408, // TIMEOUT_EXCEEDED, SOCKET_TIMEOUT
            216 => 409, // QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING
            48 => 501, // NOT_IMPLEMENTED
            439 or 202 => 503, // CANNOT_SCHEDULE_TASK, TOO_MANY_SIMULTANEOUS_QUERIES
            _ => 500,
        };
}
