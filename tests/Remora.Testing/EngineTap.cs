using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Remora.Testing;

/// <summary>
/// A unix socket that forwards to an engine. At a selected statement it closes every connection
/// permanently, so that clients cannot clean up, as if they had been killed.
/// </summary>
public sealed class EngineTap : IAsyncDisposable
{
    private const int LongestText = 1 << 18;

    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly Func<int> _engine;
    private readonly CancellationTokenSource _cut = new();
    private readonly TaskCompletionSource _tripped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _tripping = new();
    private readonly Task _accepting;
    private Func<string, bool> _wanted = _ => false;
    private bool _after;
    private Action? _act;

    /// <param name="engine">Returns the engine's port; called for every connection.</param>
    public EngineTap(Func<int> engine)
    {
        _engine = engine;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        Port = ((IPEndPoint)_listener.LocalEndPoint!).Port;
        _accepting = AcceptAsync();
    }

    /// <summary>The port on which it listens.</summary>
    public int Port { get; }

    /// <summary>Completes when the wanted statement has come.</summary>
    public Task Tripped => _tripped.Task;

    /// <summary>Cuts everything at a statement.</summary>
    /// <param name="wanted">Selects the statement by its text, parameters and first rows.</param>
    /// <param name="after">Whether the engine still runs the statement.</param>
    /// <param name="act">Called at the statement, before the connections close.</param>
    public void CutAt(Func<string, bool> wanted, bool after = false, Action? act = null) =>
        (_after, _act, _wanted) = (after, act, wanted);

    public async ValueTask DisposeAsync()
    {
        await _cut.CancelAsync();
        _listener.Dispose();
        await _accepting;
        _cut.Dispose();
    }

    private async Task AcceptAsync()
    {
        var passing = new List<Task>();
        try
        {
            while (true)
                passing.Add(PassAsync(await _listener.AcceptAsync(_cut.Token)));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(passing);
        }
    }

    private async Task PassAsync(Socket caller)
    {
        using var engine = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        using (caller)
        {
            try
            {
                await engine.ConnectAsync(IPAddress.Loopback, _engine(), _cut.Token);
                var connection = new Connection();
                using var end = CancellationTokenSource.CreateLinkedTokenSource(_cut.Token);
                var both = new[]
                {
                    RequestsAsync(caller, engine, connection, end.Token),
                    AnswersAsync(engine, caller, connection, end.Token),
                };
                await Task.WhenAny(both);
                await end.CancelAsync();
                await Task.WhenAll(both);
            }
            catch (Exception e)
                when (e is OperationCanceledException or SocketException or IOException or ObjectDisposedException)
            {
                // one side has disconnected
            }
        }
    }

    private async Task RequestsAsync(Socket from, Socket to, Connection connection, CancellationToken cancellation)
    {
        var buffer = new byte[1 << 16];
        int read;
        while ((read = await from.ReceiveAsync(buffer, cancellation)) > 0)
        {
            connection.Add(buffer.AsSpan(0, read));
            if (!connection.IsWanted && _wanted(connection.Text))
            {
                connection.IsWanted = true;
                if (!_after)
                {
                    Trip();
                    return;
                }
            }
            await SendAsync(to, buffer.AsMemory(0, read), cancellation);
        }
    }

    private async Task AnswersAsync(Socket from, Socket to, Connection connection, CancellationToken cancellation)
    {
        var buffer = new byte[1 << 16];
        int read;
        while ((read = await from.ReceiveAsync(buffer, cancellation)) > 0)
        {
            if (connection.IsWanted)
            {
                Trip();
                return;
            }
            connection.IsAnswered = true;
            await SendAsync(to, buffer.AsMemory(0, read), cancellation);
        }
    }

    private void Trip()
    {
        lock (_tripping)
        {
            if (_tripped.Task.IsCompleted)
                return;
            _act?.Invoke();
            _tripped.SetResult(); // before anyone can see the cut
            _cut.Cancel();
            _listener.Dispose(); // new connections are refused, not left waiting
        }
    }

    private static async Task SendAsync(Socket to, ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        while (bytes.Length > 0)
            bytes = bytes[await to.SendAsync(bytes, cancellation)..];
    }

    /// <summary>
    /// One connection: its requests come one after another, each after the answer to the one
    /// before.
    /// </summary>
    private sealed class Connection
    {
        private readonly StringBuilder _request = new();

        public bool IsAnswered { get; set; }

        public bool IsWanted { get; set; }

        public string Text => Uri.UnescapeDataString(_request.ToString());

        public void Add(ReadOnlySpan<byte> bytes)
        {
            if (IsAnswered)
                _request.Clear();
            IsAnswered = false;
            if (_request.Length < LongestText)
                _request.Append(Encoding.Latin1.GetString(bytes));
        }
    }
}
