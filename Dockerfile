FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /source
COPY . .
RUN dotnet publish src/UnifiedCommerce.Hub -c Release -o /app

FROM mcr.microsoft.com/dotnet/aspnet:10.0
WORKDIR /app
COPY --from=build /app .
COPY mappings ./mappings
RUN mkdir /data && chown app /data
USER app
VOLUME /data
EXPOSE 8080
ENTRYPOINT ["dotnet", "UnifiedCommerce.Hub.dll"]
