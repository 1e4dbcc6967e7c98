#!/usr/bin/env bash
# The main job in eleven steps, in a scratch repository, build/demo or the folder named: nothing else is touched.
#   demo.sh [--no-serve] [FOLDER]
# On a terminal it ends with a server, until Ctrl-C; else, and in CI, by itself.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
serve=1
if [ "${1:-}" = --no-serve ]; then serve='' && shift; fi
demo=${1:-$root/build/demo}
export PATH=$root/.venv/bin:$PATH
unset TOCSIN_DATABASE TOCSIN_SERVER TOCSIN_TOKEN
bold='' plain=''
if [ -t 1 ]; then bold=$(tput bold 2>/dev/null || true) plain=$(tput sgr0 2>/dev/null || true); fi

say() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
# What is shown is what runs, as somebody would type it.
run() { printf '$ %s\n' "$1" && eval "$1"; }
commit() { git add . && git commit -qm "$1"; }

rm -rf "$demo" && mkdir -p "$demo" && cd "$demo"
cp -R "$root/detections" .
git init -q && git config user.name demo && git config user.email demo@example.com
commit "detections: first version"

say "1. Validate: every mistake at once, with file, line and hint"
run "tocsin validate"

say "2. Test: the cases of every detection on the reference evaluator, those of payments on DuckDB as well"
run "tocsin test --engine evaluator"
run "tocsin test --engine duckdb detections/rules/payments"

say "3. Compile for batch SQL, Flink SQL and Kafka: a filter keeps no state, so it refuses correlations (exit code 1)"
run "tocsin compile --out artifacts" || [ $? = 1 ]
run "sed -n 13,30p artifacts/flink-sql/payments_audit/limit-raised-without-approval.sql"

say "4. Plan and deploy to the embedded environment"
run "tocsin plan --env local --out plan.json | tail -n 4"
run "tocsin apply --env local --plan plan.json 2>&1 | tail -n 1"

say "5. A day at a payments company: eight sources, honest work, and one attack"
ln -s "$root/docs/demo" day
run "python day/events.py detections events"
run "tocsin worker --env local --events events/*.jsonl --format json >run.json"
run "python day/timeline.py .tocsin/local/alerts.jsonl events"

say "6. A change: the limit rule fires from a twofold raise on; apply runs its cases first"
rule=detections/rules/payments/limit-raised-without-approval.yml
cases=${rule%.yml}.test.yml
run "sed -i.old 's/limit.ratio|gte: 5/limit.ratio|gte: 2/' $rule"
run "sed -i.old 's/4999, ratio: 4.999/1999, ratio: 1.999/' $cases"
rm "$rule.old" "$cases.old"
run "git diff --unified=0 --no-color -- detections/rules | tail -n 2"
run "tocsin plan --env local --out plan.json"
run "tocsin apply --env local --plan plan.json 2>&1 | tail -n 1"

say "7. It was a mistake: that one detection goes back to the bytes that ran before"
run "tocsin rollback --env local limit-raised-without-approval --yes"
run "tocsin status --env local"
run "tocsin history --env local"

say "8. The ledger is intact"
run "tocsin verify --env local"

say "9. Real logs, where they lie beside the project"
logs=${TOCSIN_SHARED:-$root/../shared}/data/cloudtrail
if [ -d "$logs" ]; then
  ln -s "$(cd "$logs" && pwd)" logs
  run "tocsin scan --rules detections/rules/aws --events logs/stratus-*.jsonl.gz --format table"
else
  echo "(none here: set TOCSIN_SHARED to a folder with data/cloudtrail/*.jsonl.gz)"
fi

say "10. Coverage: what an auditor reads"
run "tocsin coverage --out coverage --env local"

if [ -n "$serve" ]; then
  say "11. The queue: a server keeps the alerts, and folds them to findings"
  run "tocsin token create me --role admin --days 1 >token"
  run "tocsin serve --env local --listen 127.0.0.1:0 --format json >served.json 2>server.log &"
  server=$!
  trap 'kill $server 2>/dev/null || true; wait $server 2>/dev/null || true' EXIT
  run 'TOCSIN_TOKEN=$(cat token) python day/queue.py served.json'
fi
echo "All of this is in $demo"
if [ -n "$serve" ] && [ -t 1 ] && [ -z "${CI:-}" ]; then
  api=$(sed -n 's/.*"api": "\([^"]*\)".*/\1/p' served.json)
  say "The server runs until Ctrl-C: open ${api%/api/v1}/console and sign in with the token $(cat token)"
  echo "for programs: curl -H \"Authorization: Bearer \$(cat $demo/token)\" $api/findings"
  trap : INT
  wait $server || true
fi
