# shellcheck shell=bash
# Shared by the scripts of this folder; sourced, not run.

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
program="deploy/$(basename "$0")"
readonly root program

say() { echo "$program: $*" >&2; }
die() {
  say "$*"
  exit 1
}

# Bytes fetched, added up over this script and those that it calls.
count_download() { [[ -z ${EVENSWEEP_DOWNLOADS:-} ]] || echo "$1" >>"$EVENSWEEP_DOWNLOADS"; }
start_counting_downloads() {
  EVENSWEEP_DOWNLOADS="$(mktemp)" || die "cannot make a temporary file; is the disk full?"
  export EVENSWEEP_DOWNLOADS
  trap 'rm -f "$EVENSWEEP_DOWNLOADS"' EXIT
}
downloaded_mb() { awk '{ sum += $1 } END { printf "%.0f", sum / 1e6 }' "$EVENSWEEP_DOWNLOADS"; }

# require_space FOLDER MB
require_space() {
  local free
  free="$(df --output=avail --block-size=1M "$1" | tail -n 1)"
  ((free >= $2)) || die "$1 has $((free)) MB free and $2 MB are needed; make room, or put the cache elsewhere with XDG_CACHE_HOME"
}

# "debian-12", "ubuntu-24.04", or another distribution's name.
distribution() (
  . /etc/os-release 2>/dev/null || true
  echo "${ID:-unknown}-${VERSION_ID:-unknown}"
)

# packages_of GROUP...: the names in deploy/packages for this distribution.
packages_of() {
  awk -v groups=" $* " -v distribution="$(distribution)" \
    'index(groups, " " $1 " ") && ($2 == "any" || $2 == distribution) { print $3 }' "$root/deploy/packages"
}

# missing_packages GROUP...: those of them that are not installed.
missing_packages() {
  local wanted
  mapfile -t wanted < <(packages_of "$@")
  comm -23 <(printf '%s\n' "${wanted[@]}" | sort) \
    <(dpkg-query --show --showformat '${db:Status-Status} ${Package}\n' "${wanted[@]}" 2>/dev/null |
      awk '$1 == "installed" { print $2 }' | sort -u)
}

# Runs apt-get as root, keeping what it says for an error and counting what it fetches.
apt_get() {
  local as_root=() output reason
  if ((EUID != 0)); then as_root=(sudo); fi
  output="$(mktemp)" || die "cannot make a temporary file; is the disk full?"
  if ! "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive LC_ALL=C ${http_proxy:+http_proxy="$http_proxy"} \
    ${https_proxy:+https_proxy="$https_proxy"} apt-get -q -y "$@" >"$output" 2>&1; then
    reason="$(grep '^E: ' "$output" | head -n 1 || true)"
    [[ -n $reason ]] || reason="$(tail -n 1 "$output")"
    rm -f "$output"
    say "apt-get $1 failed: ${reason#E: }"
    return 1
  fi
  # "Fetched 9,182 kB in 2s (4,321 kB/s)"
  count_download "$(awk '$1 == "Fetched" {
    gsub(",", "", $2)
    sum += $2 * ($3 == "kB" ? 1e3 : $3 == "MB" ? 1e6 : $3 == "GB" ? 1e9 : 1)
  } END { printf "%.0f", sum }' "$output")"
  rm -f "$output"
}

# Elsewhere the packages have other names: whoever has the libraries and tools may go on.
require_tools() {
  local tool
  for tool in cmake ninja g++ python3 protoc grpc_cpp_plugin; do
    command -v "$tool" >/dev/null ||
      die "$(distribution) is not supported and $tool is missing; use Debian 12 or Ubuntu 24.04, or install what deploy/packages lists"
  done
  say "$(distribution) is not supported (Debian 12 and Ubuntu 24.04 are); going on with what is installed"
}

# install_packages GROUP...: installs what is missing, and asks for root's rights only then.
install_packages() {
  case "$(distribution)" in
    debian-12 | ubuntu-24.04) ;;
    *) require_tools && return ;;
  esac
  local missing
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]} > 0)) || return 0
  if ((EUID != 0)) && ! command -v sudo >/dev/null; then
    die "packages and sudo are missing; as root, run: apt-get update && apt-get install --no-install-recommends ${missing[*]}"
  fi
  say "installing with apt: ${missing[*]}"
  require_space /usr 1500
  # Lists that are absent or out of date make the first try fail.
  apt_get install --no-install-recommends "${missing[@]}" 2>/dev/null && return
  apt_get update || die "the package lists cannot be fetched; check the network and /etc/apt"
  apt_get install --no-install-recommends "${missing[@]}" ||
    die "the packages could not be installed; check the network and the free space"
}

# At least 1 GB of memory for each compiler; libtorch's files have a pool of their own (cmake/EvensweepTargets.cmake).
build_jobs() {
  local cores memory_gb
  cores="$(nproc)"
  memory_gb="$(awk '/^MemAvailable/ { printf "%d", $2 / 1048576 }' /proc/meminfo)"
  ((memory_gb >= 1)) || memory_gb=1
  echo $((cores < memory_gb ? cores : memory_gb))
}

# configure FOLDER OPTION...: cmake, silent when all is well. cmake says much; the first error is what matters.
configure() {
  local folder="$1" log="$1/configure.log"
  shift
  mkdir -p "$folder" || die "cannot make the folder $folder"
  cmake -S "$root" -B "$folder" -G Ninja -DEVENSWEEP_LIBTORCH="${EVENSWEEP_LIBTORCH:-}" "$@" >"$log" 2>&1 ||
    die "cmake failed: $(grep -A 3 'CMake Error' "$log" | head -n 4 | xargs -0 | tr -s ' \n' ' '); all it said is in $log"
}

# build FOLDER TARGET...
build() {
  local folder="$1"
  shift
  ninja -C "$folder" -j "$(build_jobs)" "$@" || die "the build failed, see above"
}

# The pinned hashes are those of wheels for CPython 3.11, which Debian 12 has.
python_3_11() {
  local name
  for name in /usr/bin/python3.11 python3.11; do
    if command -v "$name" >/dev/null && "$name" -c 'import ensurepip' 2>/dev/null; then
      command -v "$name"
      return
    fi
  done
  die "python3.11 with venv is missing; install python3.11-venv"
}

# python_environment FOLDER REQUIREMENTS MB "import ..." TEXT: makes a venv with the pinned packages where it is not there
# yet, once per user, saying TEXT. The folder's parent is there.
python_environment() (
  folder="$1" requirements="$2" needed_mb="$3" imports="$4" text="$5"
  # The venv is good for these packages and this place: scripts in it hold its path.
  digest="$({ cat "$requirements" && echo "$folder"; } | sha256sum | cut -d ' ' -f 1)"
  is_complete() { [[ -f $folder/.complete && $(<"$folder/.complete") == "$digest" ]]; }
  if is_complete; then return; fi
  [[ $(uname -m) == x86_64 ]] || die "there are no pinned packages for $(uname -m)"
  exec 9>"$folder.lock"
  flock 9
  if is_complete; then return; fi
  python="$(python_3_11)"
  require_space "$(dirname "$folder")" "$needed_mb"
  say "$text"
  rm -rf "$folder"
  trap 'rm -rf "$folder"' EXIT
  "$python" -m venv "$folder" || die "cannot make the environment $folder"
  "$folder/bin/python" -m pip install --quiet --no-cache-dir --no-deps --require-hashes --only-binary=:all: \
    --disable-pip-version-check --requirement "$requirements" >&2 ||
    die "pip could not install the packages of $requirements; check the network and pip's settings"
  "$folder/bin/python" -c "$imports" || die "the packages of $requirements were installed but cannot be imported"
  echo "$digest" >"$folder/.complete"
  trap - EXIT
)

user_cache() {
  local cache="${XDG_CACHE_HOME:-${HOME:?$program: neither HOME nor XDG_CACHE_HOME is set}/.cache}/evensweep"
  mkdir -p "$cache" || die "cannot make the folder $cache; set XDG_CACHE_HOME to a folder you may write to"
  echo "$cache"
}
