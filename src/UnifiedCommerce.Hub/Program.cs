using UnifiedCommerce.Hub.Hosting;

return await HubProgram.RunAsync(args);
