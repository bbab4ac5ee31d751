namespace Remora.Server.Notify;

/// <summary>
/// A condition that someone must handle, from a part that the service does not watch itself: a
/// backup that is late, a record that contradicts the claims.
/// </summary>
/// <param name="Subject">The part in one or two words, such as <c>backup</c>. Identifies the
/// alarm.</param>
/// <param name="Text">What is wrong and what to do, in a sentence, without secrets.</param>
public sealed record ServiceAlarm(string Subject, string Text);
