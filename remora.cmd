@echo off
rem Runs the command line on Windows, as ./remora does elsewhere; builds first if sources have
rem changed. Needs the .NET 10 SDK and Node.js 20 or later.
dotnet run --project "%~dp0src\Remora.Cli" -c Release --verbosity quiet -- %*
exit /b %ERRORLEVEL%
