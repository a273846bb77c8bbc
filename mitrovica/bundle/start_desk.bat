@echo off
rem Starts the desk; what follows is given to mitrovica instead.
set /p version=<"%~dp0python.txt"
if exist "%~dp0python\python.exe" (
    "%~dp0python\python.exe" -I "%~dp0start.py" %*
) else (
    py -%version% -I "%~dp0start.py" %*
)
if errorlevel 1 pause
