namespace Remora.Supervision;

public sealed partial record Backoff;
