using UnifiedCommerce.Edi.Schemas;

namespace UnifiedCommerce.Edi.Validation;

/// <summary>Checks interchanges: syntax, envelope, structure, elements, conditions, sums, partner guides.</summary>
public static class EdiValidator
{
    private const int BlockBytes = 256 * 1024;

    /// <summary>Checks a whole input. Allocates per message and finding, not per segment.</summary>
    /// <param name="data">All bytes: one interchange or several, of any kinds.</param>
    /// <param name="schemas">The schemas to check against, usually <see cref="EdiSchemas.Default"/>.</param>
    /// <param name="options">How far and how strictly.</param>
    public static ValidationReport Validate(ReadOnlySpan<byte> data, EdiSchemas schemas, ValidationOptions options = default)
    {
        ArgumentNullException.ThrowIfNull(schemas);
        var run = new ValidationRun(schemas, options);
        var reader = new EdiReader(data, options.Reader);
        while (reader.Read()) run.Take(in reader, data, 0);
        return run.Finish(in reader);
    }

    /// <summary>Checks an input of any size in bounded memory: a few hundred kilobytes, the findings, and about 200 bytes a message.</summary>
    /// <param name="stream">The input; read to its end, not closed.</param>
    /// <param name="schemas">The schemas to check against, usually <see cref="EdiSchemas.Default"/>.</param>
    /// <param name="options">How far and how strictly.</param>
    /// <param name="cancellationToken">Ends the check early.</param>
    public static async Task<ValidationReport> ValidateAsync(Stream stream, EdiSchemas schemas, ValidationOptions options = default, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(schemas);
        var run = new ValidationRun(schemas, options);
        var state = new EdiReaderState(options.Reader);
        var buffer = new byte[BlockBytes];
        var (filled, offset) = (0, 0L);
        while (true)
        {
            var read = await stream.ReadAsync(buffer.AsMemory(filled), cancellationToken).ConfigureAwait(false);
            filled += read;
            var consumed = Block(run, buffer.AsSpan(0, filled), read == 0, ref state, offset);
            if (read == 0) return run.Report();
            if (consumed == 0 && filled == buffer.Length)
            {
                // One segment fills the buffer; the reader's limit on segments bounds this.
                Array.Resize(ref buffer, buffer.Length * 2);
                continue;
            }

            buffer.AsSpan(consumed, filled - consumed).CopyTo(buffer);
            filled -= consumed;
            offset += consumed;
        }
    }

    private static int Block(ValidationRun run, ReadOnlySpan<byte> data, bool isFinal, ref EdiReaderState state, long offset)
    {
        var reader = new EdiReader(data, isFinal, state);
        while (reader.Read()) run.Take(in reader, data, offset);
        if (isFinal) run.End(in reader);
        state = reader.CurrentState;
        return reader.BytesConsumed;
    }
}
