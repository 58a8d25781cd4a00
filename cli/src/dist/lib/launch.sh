# Starts pemn. bin/pemn of a distribution and ./pemn of a checkout end with it, after they have set
#   home         the folder with testdata/
#   class_path   everything but the CPU engine's natives
#   cpu_natives  those
# In plain sh, for systems without bash.

fail() {
  echo "pemn: $1" >&2
  exit 1
}

# From the runtime's own note, where it has one: a JVM more would cost every command a tenth of a second.
version_of() {
  file=$(readlink -f "$1" 2>/dev/null) || file=$1
  note=$(sed -n 's/^JAVA_VERSION="\(.*\)".*/\1/p' "${file%/bin/java}/release" 2>/dev/null) || note=
  if [ -z "$note" ]; then
    note=$("$1" -version 2>&1 | sed -n 's/.* version "\([^"]*\)".*/\1/p') || note=
  fi
  echo "$note"
}

if [ -n "${JAVA_HOME:-}" ]; then
  java=$JAVA_HOME/bin/java
  [ -x "$java" ] || fail "JAVA_HOME is $JAVA_HOME, which has no bin/java; set it to a Java runtime of \
version 17 or newer, or unset it."
else
  java=$(command -v java) || fail "there is no java; install a Java runtime of version 17 or newer, or set \
JAVA_HOME to one."
fi
version=$(version_of "$java")
major=${version#1.}
major=${major%%[!0-9]*}
[ -n "$major" ] || fail "$java does not start; install a Java runtime of version 17 or newer, or set \
JAVA_HOME to one."
[ "$major" -ge 17 ] || fail "$java is Java $version, but pemn needs 17 or newer; install one, or set \
JAVA_HOME to one."

case $home in
  *:*) fail "a class path cannot have the colon in $home; move pemn to a folder without one." ;;
esac

# DJL reports usage unless told not to; libgomp's spinning makes a loaded machine several times slower.
export OPT_OUT_TRACKING=true
export OMP_WAIT_POLICY="${OMP_WAIT_POLICY:-passive}"

# CUDA natives, where they are to be had; otherwise the CPU's, which are on the class path.
natives=:$cpu_natives
if [ -n "${PYTORCH_LIBRARY_PATH:-}" ]; then
  if [ -e "$PYTORCH_LIBRARY_PATH/libtorch_cuda.so" ]; then
    export PYTORCH_VERSION="${PYTORCH_VERSION:-2.7.1}" PYTORCH_FLAVOR="${PYTORCH_FLAVOR:-cu128}"
  fi
elif [ "${PEMN_CUDA:-}" = download ]; then
  export PYTORCH_FLAVOR=cu128
  natives=
elif [ -e /dev/nvidiactl ] || [ -e /dev/dxg ]; then
  cache=${ENGINE_CACHE_DIR:-${DJL_CACHE_DIR:-${HOME:-}/.djl.ai}}
  for folder in "$cache"/pytorch/2.7.1-cu128-*; do
    if [ -e "$folder/libtorch_cuda.so" ]; then
      export PYTORCH_LIBRARY_PATH="$folder" PYTORCH_VERSION=2.7.1 PYTORCH_FLAVOR=cu128
    fi
  done
fi

# DJL asks CUDA's runtime library for memory and number of GPUs, and finds it where JNA looks: in the folder of
# libtorch, or in the package beside it that a pip-installed PyTorch has it from.
cuda_runtime=
if [ -e "${PYTORCH_LIBRARY_PATH:-}/libtorch_cuda.so" ]; then
  cuda_runtime=$PYTORCH_LIBRARY_PATH:$PYTORCH_LIBRARY_PATH/../../nvidia/cuda_runtime/lib
fi

threads=${PEMN_THREADS:-$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)}
terminal=false columns=80
if [ -t 2 ]; then
  terminal=true
  columns=$(tput cols 2>/dev/null || echo 80)
fi

# The heap begins small, and so does what is new in it: what lives long is in the engine's memory, and garbage that
# waits for its collection would be most of what pack and unpack take.
# shellcheck disable=SC2086
exec "$java" -XX:+UseSerialGC -Xms32m -Xmn16m -Xshare:auto -Djava.awt.headless=true --enable-native-access=ALL-UNNAMED \
  -Dpemn.home="$home" -Dpemn.terminal=$terminal -Dpemn.columns="$columns" \
  -Dai.djl.pytorch.num_threads="$threads" ${cuda_runtime:+"-Djna.library.path=$cuda_runtime"} \
  ${PEMN_JAVA_OPTS:-} \
  -cp "$class_path$natives" \
  io.pemn.cli.Pemn "$@"
