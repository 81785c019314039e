#!/usr/bin/env bash
# Makes Debian's podman usable for the end-to-end tests on a bare or nested machine; idempotent.
#
# What stands in its way there, and is set only where it does:
# * its network (netavark) calls iptables, which Debian only recommends;
# * crun refuses the hybrid of control groups v1 and v2, runc takes it;
# * it asks for more open files and processes than a limited machine allows.
set -euo pipefail

conf=/etc/containers/containers.conf.d/50-longshore-e2e.conf
wanted=1048576 # podman's own default for both limits

if [[ $(id -u) != 0 ]]; then
  echo "setup-podman: not root: podman is used as it is" >&2
  exit 0
fi

missing=()
for package in podman runc netavark aardvark-dns iptables; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
if ((${#missing[@]})); then
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi

containers='' engine=''
hard=$(ulimit -Hn)
if [[ $hard != unlimited ]] && ((hard < wanted)); then
  containers='default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]'
fi
if [[ $(stat -fc %T /sys/fs/cgroup) != cgroup2fs ]]; then
  engine='runtime = "runc"'
fi

mkdir -p "${conf%/*}"
printf '[containers]\n%s\n[engine]\n%s\n[network]\nnetwork_backend = "netavark"\n' \
  "$containers" "$engine" >"$conf"
podman info >/dev/null
echo "setup-podman: $(podman --version), $(podman info --format '{{.Host.OCIRuntime.Name}}'), \
$(podman info --format '{{.Host.NetworkBackend}}')"
