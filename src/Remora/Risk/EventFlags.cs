namespace Remora.Risk;

/// <summary>All flags: raised, not raised, or null while an input is unknown.</summary>
public readonly record struct EventFlags
{
    private readonly uint _raised;
    private readonly uint _known;

    private EventFlags(uint raised, uint known)
    {
        _raised = raised;
        _known = known;
    }

    /// <summary>Whether a flag is raised; null while unknown.</summary>
    public bool? this[RiskFlag flag] => (_known & Bit(flag)) == 0 ? null : (_raised & Bit(flag)) != 0;

    internal bool Any => _raised != 0;

    internal EventFlags With(RiskFlag flag, bool? raised) =>
        raised switch
        {
            null => this,
            true => new(_raised | Bit(flag), _known | Bit(flag)),
            false => new(_raised, _known | Bit(flag)),
        };

    /// <summary>Returns the name of a flag in answers: <c>flag_panic</c>.</summary>
    public static string NameOf(RiskFlag flag) => FlagTable.Of(flag).Name;

    private static uint Bit(RiskFlag flag) => 1u << (int)flag;
}
