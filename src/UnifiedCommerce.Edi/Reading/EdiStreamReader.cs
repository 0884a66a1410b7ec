using System.Buffers;
using System.IO.Pipelines;

namespace UnifiedCommerce.Edi;

/// <summary>
/// Reads an input of any length in bounded memory: bytes come asynchronously, block by block, and every block is read synchronously
/// with an <see cref="EdiReader"/> that goes on where the one before stopped, in the middle of a message too.
/// </summary>
/// <remarks>Memory is twice the largest segment or the block, whichever is more. Not for use by two threads at once.</remarks>
/// <example>
/// <code>
/// await using EdiStreamReader source = new(stream);
/// while (await source.ReadBlockAsync(cancellationToken))
/// {
///     EdiReader reader = source.OpenBlock();
///     while (reader.Read()) { Use(reader.Segment); }
///     source.CloseBlock(in reader);
/// }
/// </code>
/// </example>
public sealed class EdiStreamReader : IAsyncDisposable
{
    private const int BlockBytes = 128 * 1024;

    private readonly Stream? stream;
    private readonly PipeReader? pipe;
    private EdiReaderState state;
    private byte[] buffer;
    private int from;
    private int to;
    private bool ended;
    private bool finalGiven;
    private bool open;

    /// <summary>Reads a stream, which stays open.</summary>
    /// <param name="stream">The input.</param>
    /// <param name="options">Limits and overrides.</param>
    public EdiStreamReader(Stream stream, EdiReaderOptions options = default)
        : this(options)
    {
        ArgumentNullException.ThrowIfNull(stream);
        this.stream = stream;
    }

    /// <summary>Reads a pipe, which is not completed.</summary>
    /// <param name="pipe">The input.</param>
    /// <param name="options">Limits and overrides.</param>
    public EdiStreamReader(PipeReader pipe, EdiReaderOptions options = default)
        : this(options)
    {
        ArgumentNullException.ThrowIfNull(pipe);
        this.pipe = pipe;
    }

    private EdiStreamReader(EdiReaderOptions options)
    {
        state = new EdiReaderState(options);
        state.Open();
        buffer = ArrayPool<byte>.Shared.Rent(BlockBytes);
    }

    /// <summary>The faults of syntax found so far.</summary>
    public IReadOnlyList<Finding> Findings => state.Findings;

    /// <summary>How many bytes were taken from the input.</summary>
    public long BytesRead { get; private set; }

    /// <summary>Waits for the next block. Returns false when the input was read to its end.</summary>
    /// <param name="cancellationToken">Cancels the waiting.</param>
    public async ValueTask<bool> ReadBlockAsync(CancellationToken cancellationToken = default)
    {
        if (open)
        {
            throw new InvalidOperationException($"The block is open: call {nameof(CloseBlock)} first.");
        }
        if (finalGiven)
        {
            return false;
        }
        MakeRoom();
        // A block is filled as far as the input allows, so that the rest of a segment is read again seldom.
        while (!ended && to - from < buffer.Length / 2)
        {
            int before = to;
            await FillAsync(cancellationToken).ConfigureAwait(false);
            BytesRead += to - before;
        }
        finalGiven = ended;
        return true;
    }

    /// <summary>The reader of the current block. Read it until <see cref="EdiReader.Read"/> returns false, then close the block.</summary>
    public EdiReader OpenBlock()
    {
        open = true;
        return new EdiReader(buffer.AsSpan(from, to - from), ended, state);
    }

    /// <summary>Takes over where the reader of the block stands.</summary>
    /// <param name="reader">The reader that <see cref="OpenBlock"/> gave.</param>
    public void CloseBlock(scoped in EdiReader reader)
    {
        state = reader.CurrentState;
        from += reader.BytesConsumed;
        open = false;
    }

    /// <summary>Gives the memory back. The stream or pipe is left as it is.</summary>
    public ValueTask DisposeAsync()
    {
        if (buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
            buffer = [];
            ended = finalGiven = true;
            from = to = 0;
        }
        return ValueTask.CompletedTask;
    }

    private void MakeRoom()
    {
        if (from > 0)
        {
            buffer.AsSpan(from, to - from).CopyTo(buffer);
            to -= from;
            from = 0;
        }
        if (to >= buffer.Length / 2)
        {
            // A segment fills the block. The reader passes over what exceeds its limit, so this ends.
            byte[] larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
            buffer.AsSpan(0, to).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(buffer);
            buffer = larger;
        }
    }

    private async ValueTask FillAsync(CancellationToken cancellationToken)
    {
        if (stream is not null)
        {
            int read = await stream.ReadAsync(buffer.AsMemory(to), cancellationToken).ConfigureAwait(false);
            to += read;
            ended = read == 0;
            return;
        }
        ReadResult result = await pipe!.ReadAsync(cancellationToken).ConfigureAwait(false);
        if (result.IsCanceled)
        {
            throw new OperationCanceledException("The pipe's pending read was cancelled.");
        }
        ReadOnlySequence<byte> bytes = result.Buffer;
        long taken = Math.Min(bytes.Length, buffer.Length - to);
        bytes = bytes.Slice(0, taken);
        bytes.CopyTo(buffer.AsSpan(to));
        to += (int)taken;
        ended = result.IsCompleted && taken == result.Buffer.Length;
        pipe.AdvanceTo(bytes.End);
    }
}
