#!/usr/bin/env bash
# install.sh ROOT PORT DATABASE_PORT: sets up GAVO DaCHS below ROOT, with made spectra, to answer at 127.0.0.1:PORT
# (root). Its packages must be there; its PostgreSQL cluster `15 dachs` must run.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$1 port=$2 database_port=$3

as_dachs() { su dachsroot -c "cd $root && export GAVOSETTINGS=$root/gavo.rc && $*"; }
of_postgres() { su postgres -c "psql -qtAp $database_port -c \"$*\""; }

getent group gavo >/dev/null || addgroup --quiet gavo
getent passwd gavo >/dev/null || adduser --quiet --system --no-create-home --home /nonexistent --ingroup gavo gavo
getent passwd dachsroot >/dev/null || adduser --quiet --disabled-password --gecos '' --ingroup gavo dachsroot

rm -rf "$root"
install -d -o dachsroot -g gavo "$root"
cat >"$root/gavo.rc" <<SETTINGS
[general]
rootDir: $root
maintainerAddress: nobody@localhost
[web]
bindAddress: 127.0.0.1
serverPort: $port
serverURL: http://127.0.0.1:$port
sitename: Archive of the tests
[ivoa]
authority: test.local
SETTINGS
[[ $(of_postgres "select 1 from pg_roles where rolname='dachsroot'") ]] ||
    su postgres -c "createuser -p $database_port -s dachsroot"
[[ -z $(of_postgres "select 1 from pg_database where datname='gavo'") ]] ||
    su postgres -c "dropdb -p $database_port --force gavo"
su postgres -c "createdb -p $database_port --encoding=UTF-8 --template template0 gavo"
as_dachs "dachs init -d 'dbname=gavo port=$database_port'"

install -d -o dachsroot -g gavo "$root/inputs/specs/data"
install -o dachsroot -g gavo -m 644 "$here/q.rd" "$root/inputs/specs/q.rd"
/usr/bin/python3 "$here/spectra.py" "$root/inputs/specs/data"
chown -R dachsroot:gavo "$root/inputs"
as_dachs 'dachs imp //obscore && dachs imp specs/q && dachs pub //services //tap specs/q'
touch "$root/complete"
