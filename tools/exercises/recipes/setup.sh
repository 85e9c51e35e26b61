#!/usr/bin/env bash
# For Gradescope, in the folder of the zip file. Installs the packages and compiles everything once, so that a
# submission is checked in seconds.
cd /autograder/source/poetry || exit 1
./lesson setup && ./lesson check blocking-client/read-to-the-end --files solution
