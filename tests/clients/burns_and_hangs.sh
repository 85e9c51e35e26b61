#!/bin/sh
# A script that starts the client: here, a shell that counts and then waits for ever. The CPU time of the
# client is not that of this shell.
sh -c 'i=0
while [ $i -lt 300000 ]; do i=$((i + 1)); done
echo "Got 0 of 3 poems in 0:00:00.300000"
exec sleep 1000'
exit 1
