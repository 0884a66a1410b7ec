namespace UnifiedCommerce.Transports.Folders;

/// <summary>How a <see cref="FolderChannel"/> decides that a file is complete. Change with <c>with</c>.</summary>
public readonly record struct FolderChannelOptions
{
    /// <summary>The defaults.</summary>
    public FolderChannelOptions()
    {
    }

    /// <summary>A file is settled when size and time of writing have not changed for this long, or a done marker stands beside it. Default 1 s.</summary>
    public TimeSpan Settle { get; init; } = TimeSpan.FromSeconds(1);
    /// <summary>An empty file is a placeholder until it is this old, then it is refused. Default 10 min.</summary>
    public TimeSpan EmptyUntil { get; init; } = TimeSpan.FromMinutes(10);
    /// <summary>An arrival that was claimed and never finished (its bytes could not be stored) comes again after this. Default 30 s.</summary>
    public TimeSpan ClaimAgain { get; init; } = TimeSpan.FromSeconds(30);
}
