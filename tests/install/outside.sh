#!/usr/bin/env bash
# Installs everything into a new folder, builds the C++ examples against that folder alone, and runs them and the
# program.
#
#   outside.sh BUILD_DIR SOURCE_DIR TINY_IMAGES
set -euo pipefail
build=$1 source=$2 tiny_images=$3
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
trap 'echo "outside.sh: line $LINENO failed" >&2' ERR

for component in program runtime development; do
  cmake --install "$build" --component $component --prefix "$tree/usr" >/dev/null
done
"$tiny_images" "$tree/data"
cat >"$tree/recipe.toml" <<TOML
threads = 1
[data]
set = "mnist"
path = "$tree/data"
[train]
epochs = 1
batch = 16
TOML

# Build outside of the project's tree, with access to nothing but the installed files.
cp -r "$source/examples" "$tree/examples"
for example in layer own_network recipe; do
  build_of=$tree/build/$example
  cmake -S "$tree/examples/$example" -B "$build_of" -G Ninja -DCMAKE_PREFIX_PATH="$tree/usr" >"$tree/log" 2>&1 ||
    { cat "$tree/log"; exit 1; }
  cmake --build "$build_of" >"$tree/log" 2>&1 || { cat "$tree/log"; exit 1; }
done
said=$("$tree/build/recipe/run_recipe" "$tree/recipe.toml" "$tree/run")
echo "$said"
case $said in "4 steps, "*" %") ;; *) exit 1 ;; esac
"$tree/build/layer/layer" | tee "$tree/said"
awk '/right/ { exit !($1 > 80) }' "$tree/said"
"$tree/build/own_network/own_network" "$tree/own.safetensors" | tee "$tree/said"
awk '/epoch 3/ { exit !($5 > 90) }' "$tree/said"
"$tree/build/own_network/own_network" "$tree/own.safetensors" --resume

# The error must name a component that does not exist.
mkdir "$tree/wrong"
cat >"$tree/wrong/CMakeLists.txt" <<CMAKE
cmake_minimum_required(VERSION 3.22)
project(wrong LANGUAGES CXX)
find_package(staa REQUIRED COMPONENTS nn neurons)
CMAKE
if cmake -S "$tree/wrong" -B "$tree/build/wrong" -G Ninja -DCMAKE_PREFIX_PATH="$tree/usr" >"$tree/log" 2>&1; then exit 1; fi
grep -q "no 'neurons'" "$tree/log"

"$tree/usr/bin/staa" eval "$tree/run" --json | grep -q '"samples": *20'

# Calls the shell completion as bash does.
complete() {
  bash -c 'source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); compopt() { :; }; _staa
    printf "%s\n" "${COMPREPLY[@]}"' "$tree/usr/share/bash-completion/completions/staa" "$@"
}
complete staa tr | grep -qx train
complete staa train --res | grep -qx -- --resume
complete staa data conv | grep -qx convert
complete staa train recipe.toml --set train.ep | grep -qx train.epochs=
test -z "$(complete staa train --nothing-like-it)"

# The manual page must contain every command. If man is installed, it must not print warnings.
for command in train eval "data convert" info; do grep -q "^.SH STAA $command" "$tree/usr/share/man/man1/staa.1"; done
if command -v man >/dev/null; then
  warnings=$(LC_ALL=C.UTF-8 MANROFFSEQ='' man --warnings -l "$tree/usr/share/man/man1/staa.1" 2>&1 >/dev/null)
  test -z "$warnings" || { echo "$warnings"; exit 1; }
fi
