# For scripts to read in: an apt of one's own that also knows the Pi's packages. It downloads; what
# is installed on this machine, and from where, stays as it is.

# make_apt FOLDER: keeps it there, with Debian 12's lists.
make_apt() {
    OWN_APT=$1/apt
    mkdir -p "$OWN_APT"/{lists,cache/archives}/partial
    touch "$OWN_APT/status"
    cat >"$OWN_APT/apt.conf" <<CONF
APT::Architecture "arm64";
APT::Architectures { "arm64"; "amd64"; };
APT::Sandbox::User "";
Dir::State "$OWN_APT";
Dir::State::status "$OWN_APT/status";
Dir::Cache "$OWN_APT/cache";
Dir::Etc::sourcelist "$OWN_APT/sources.list";
Dir::Etc::sourceparts "/dev/null";
CONF
    local key="[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]"
    cat >"$OWN_APT/sources.list" <<SOURCES
deb $key http://deb.debian.org/debian bookworm main
deb $key http://deb.debian.org/debian-security bookworm-security main
SOURCES
    with_own_apt apt-get update -qq
}

# with_own_apt COMMAND…
with_own_apt() {
    APT_CONFIG=$OWN_APT/apt.conf "$@"
}
