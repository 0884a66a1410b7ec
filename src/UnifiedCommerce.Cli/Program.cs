using System.CommandLine;
using UnifiedCommerce.Cli;

RootCommand root = new("UnifiedCommerce on the command line: the hub's journey on files, without a server.");
root.Subcommands.Add(EdiCommands.Create());
root.Subcommands.Add(RouteCommands.Create());
return await root.Parse(args).InvokeAsync();
