#!/bin/sh
# Stands in for a tool of this script's name: keeps a diary, and does what its test says.
echo "${0##*/} $*" >> "${0%/*}/diary"
. "$0.does"
