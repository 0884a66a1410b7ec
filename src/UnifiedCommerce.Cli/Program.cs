using System.CommandLine;
using UnifiedCommerce.Cli;

RootCommand root = new("UnifiedCommerce on the command line: the hub's journey on files, without a server.");
root.Subcommands.Add(EdiCommands.Create());
root.Subcommands.Add(RouteCommands.Create());
foreach (Command command in JobsCommands.Create())
{
    root.Subcommands.Add(command);
}
root.Subcommands.Add(MapCommands.Create());
root.Subcommands.Add(PartnerCommands.Create());
return await root.Parse(args).InvokeAsync();
