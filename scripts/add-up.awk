# One line "N passed, N failed, N skipped" for all such lines that are read. What passed when run again is said, and has
# passed. A `status` other than 0 without a failed test, as of a linter, counts as one.
/^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$/ { passed += $1; failed += $3; skipped += $5 }
/^[0-9]+ failed, and passed when run again:$/ { passed += $1; failed -= $1 }
END {
  if (status && !failed) failed = 1
  printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
}
