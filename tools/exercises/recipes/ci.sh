#!/usr/bin/env bash
# For any system that runs commands in the folder of the submission. Exit code 0: all checks passed.
git clone -q --depth 1 "$POETRY" /srv/poetry || exit 3
/srv/poetry/lesson check blocking-client/read-to-the-end --files . --junit report.xml
