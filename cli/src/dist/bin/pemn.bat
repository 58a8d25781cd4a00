@echo off
setlocal
rem Runs pemn from its distribution on Windows, as bin/pemn and lib/launch.sh do elsewhere.

for %%I in ("%~dp0..") do set "PEMN_HOME=%%~fI"

set "JAVA="
if defined JAVA_HOME set "JAVA=%JAVA_HOME:"=%\bin\java.exe"
if not defined JAVA for %%J in (java.exe) do set "JAVA=%%~$PATH:J"
if not defined JAVA goto no_java
if not exist "%JAVA%" goto no_java

rem The runtime's own note of its version; where there is none, Java itself says that it is too old.
for %%I in ("%JAVA%\..\..") do set "NOTE=%%~fI\release"
set "VERSION=17"
if exist "%NOTE%" for /f "usebackq tokens=1,2 delims==" %%K in ("%NOTE%") do if "%%K"=="JAVA_VERSION" set "VERSION=%%~L"
for /f "delims=.-+" %%M in ("%VERSION%") do if %%M lss 17 goto old_java

rem DJL reports usage unless told not to.
set "OPT_OUT_TRACKING=true"
if not defined OMP_WAIT_POLICY set "OMP_WAIT_POLICY=passive"
set "THREADS=%PEMN_THREADS%"
if not defined PEMN_THREADS set "THREADS=%NUMBER_OF_PROCESSORS%"

rem CUDA natives, where they are to be had; otherwise the CPU's, which are on the class path.
set "NATIVES=;%PEMN_HOME%\lib\cpu\*"
if defined PYTORCH_LIBRARY_PATH goto cuda_natives
if not "%PEMN_CUDA%"=="download" goto found_natives
set "PYTORCH_FLAVOR=cu128"
set "NATIVES="
goto run

:found_natives
if not exist "%SystemRoot%\System32\nvcuda.dll" goto run
set "CACHE=%USERPROFILE%\.djl.ai"
if defined DJL_CACHE_DIR set "CACHE=%DJL_CACHE_DIR%"
if defined ENGINE_CACHE_DIR set "CACHE=%ENGINE_CACHE_DIR%"
set "CACHE=%CACHE%\pytorch\2.7.1-cu128-win-x86_64"
if exist "%CACHE%\torch_cuda.dll" set "PYTORCH_LIBRARY_PATH=%CACHE%"
if not defined PYTORCH_LIBRARY_PATH goto run

:cuda_natives
if not exist "%PYTORCH_LIBRARY_PATH%\torch_cuda.dll" goto run
if not defined PYTORCH_VERSION set "PYTORCH_VERSION=2.7.1"
if not defined PYTORCH_FLAVOR set "PYTORCH_FLAVOR=cu128"
rem DJL looks for CUDA's runtime library there.
set "PATH=%PYTORCH_LIBRARY_PATH%;%PATH%"

:run
"%JAVA%" -XX:+UseSerialGC -Xms32m -Xmn16m -Xshare:auto -Djava.awt.headless=true --enable-native-access=ALL-UNNAMED ^
  "-Dpemn.home=%PEMN_HOME%" "-Dai.djl.pytorch.num_threads=%THREADS%" %PEMN_JAVA_OPTS% ^
  -cp "%PEMN_HOME%\lib\*%NATIVES%" io.pemn.cli.Pemn %*
exit /b %ERRORLEVEL%

:no_java
echo pemn: there is no java; install a Java runtime of version 17 or newer, or set JAVA_HOME to one. 1>&2
exit /b 1

:old_java
echo pemn: "%JAVA%" is Java %VERSION%, but pemn needs 17 or newer; install one, or set JAVA_HOME to one. 1>&2
exit /b 1
