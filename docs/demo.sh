#!/usr/bin/env bash
# The main job in ten steps, in a scratch repository, build/demo or the folder named: nothing else is touched.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
demo=${1:-$root/build/demo}
export PATH=$root/.venv/bin:$PATH
export COLUMNS=${COLUMNS:-120}
bold='' plain=''
if [ -t 1 ]; then bold=$(tput bold 2>/dev/null || true) plain=$(tput sgr0 2>/dev/null || true); fi

say() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
run() { printf '$ %s\n' "$*"; "$@"; }
commit() { git -c user.name=demo -c user.email=demo@example.com commit -qam "$1"; }

rm -rf "$demo" && mkdir -p "$demo" && cd "$demo"
git init -q && cp -R "$root/detections" . && git add . && commit "detections: first version"

say "1. Validate: every mistake at once, with file, line and hint"
run tocsin validate

say "2. Test: the cases of every detection, on the reference evaluator and on DuckDB"
run tocsin test --engine evaluator --engine duckdb

say "3. Compile for batch SQL, Flink SQL and Kafka"
# Exit code 1: correlations are not for Kafka filters, as the table says.
run tocsin compile --out artifacts || [ $? = 1 ]
sed -n 1,30p artifacts/flink-sql/payments_audit/limit-raised-without-approval.sql

say "4. Plan and deploy to the embedded environment"
run tocsin lock
git add . && commit "detections: versions"
run tocsin plan --env local --out plan.json | tail -n 4
run tocsin apply --env local --plan plan.json

say "5. A day of events flows through what is deployed"
python "$root/docs/demo_events.py" detections events 1000
run tocsin worker --env local --events events/*.jsonl

say "6. A change: the limit rule fires from a twofold raise on"
sed -i.bak 's/limit.ratio|gte: 5/limit.ratio|gte: 2/' detections/rules/payments/limit-raised-without-approval.yml
rm detections/rules/payments/*.bak
git diff --unified=0 --no-color -- detections/rules | tail -n 2
run tocsin plan --env local --out plan.json
run tocsin apply --env local --plan plan.json

say "7. It was a mistake: that one detection goes back to the bytes that ran before"
run tocsin rollback --env local limit-raised-without-approval --yes
run tocsin status --env local
run tocsin history --env local

say "8. The ledger is intact"
run tocsin verify --env local

say "9. Real logs, where they lie beside the project"
logs=${TOCSIN_SHARED:-$root/../shared}/data/cloudtrail
if [ -d "$logs" ]; then
  mapfile -t files < <(find "$logs" -name '*.jsonl.gz' | sort)
  run tocsin scan --rules detections/rules/aws --events "${files[@]}" --stats --format table 2>&1 | tail -n 12 | cut -c1-150
else
  echo "(none here: set TOCSIN_SHARED to a folder with data/cloudtrail/*.jsonl.gz)"
fi

say "10. Coverage: what an auditor reads"
run tocsin coverage --out coverage --env local
echo "open $demo/coverage/index.html"
