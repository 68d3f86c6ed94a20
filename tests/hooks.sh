# SPDX-License-Identifier: MIT
# Sourced by the tests of hooks that run them against stand-ins.
failures=0 # read by who sources this

# expect WHAT ACTUAL EXPECTED
expect() {
    if [[ $2 == "$3" ]]; then
        echo "passed: $1"
    else
        echo "failed: $1"
        diff <(echo "$2") <(echo "$3") | sed 's/^/  /'
        failures=$((failures + 1))
    fi
}
