using System.CommandLine;

namespace UnifiedCommerce.Cli;

/// <summary><c>uc edi</c>: look into interchanges.</summary>
internal static partial class EdiCommands
{
    public static Command Create()
    {
        Command edi = new("edi", "Look into EDI files: X12, EDIFACT, EANCOM, TRADACOMS.");
        edi.Subcommands.Add(Check());
        edi.Subcommands.Add(Explain());
        edi.Subcommands.Add(Ack());
        edi.Subcommands.Add(EdiFileCommands.Split());
        edi.Subcommands.Add(EdiFileCommands.Json());
        return edi;
    }
}
