#!/bin/bash
# For VPL, which runs this in the folder of the submission, and then vpl_execution.
cat > vpl_execution <<'END'
#!/bin/bash
story=$(/srv/poetry/lesson check blocking-client/read-to-the-end --files .)
[ $? -le 1 ] || { echo "The checker failed: $story"; exit 1; }
printf '<|--\n%s\n--|>\n' "$(sed 's/^/>/' <<< "$story")"
tail -n 1 <<< "$story" | awk '{ print "Grade :=>> " 100 * $1 / $3 }'
END
chmod +x vpl_execution
