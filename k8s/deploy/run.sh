# shellcheck shell=bash
# One run: submitted, followed, its results shown.

# A file of the user's own goes into a ConfigMap, under a name with its hash: a changed file is another analysis.
ship_analysis() {
  case $ANALYSIS in *.ts | *.js | *.mjs | *.mts) ;; *) return 0 ;; esac
  [ -f "$ANALYSIS" ] || die 2 "--analysis: there is no file $ANALYSIS"
  local text name
  # From there, the project is found by its own name only.
  text=$(sed -E "s#(from|import\\()([[:space:]]*)(['\"])(\\.\\./)+shared/#\\1\\2\\3\\#shared/#g" "$ANALYSIS"; printf x)
  text=${text%x}
  name=$(stem_of "$ANALYSIS")-$(short_hash "$text").${ANALYSIS##*.}
  [ "${#text}" -le 900000 ] || die 2 "--analysis: $ANALYSIS is too long for a ConfigMap (900 kB)"
  printf '%s' "$text" > "$WORK/$name"
  kn create configmap analyses --from-file="$WORK/$name" --dry-run=client -o yaml |
    kn apply --server-side --force-conflicts --field-manager="analysis-${name%.*}" -f - > /dev/null
  kn label configmap analyses app.kubernetes.io/part-of=higgsflow --overwrite > /dev/null
  ANALYSIS=analyses:$name
  wait_for_analysis "$name"
}

# stem_of PATH: the name of a file without its ending, in characters that names in a cluster may have.
stem_of() {
  local name
  name=$(basename "$1")
  printf '%s' "${name%.*}" | tr -c 'a-zA-Z0-9_-' '-' | cut -c1-40
}

# A pod sees a changed ConfigMap within a minute or two; at once when something about the pod changes.
wait_for_analysis() {
  note "bringing $1 to the workers"
  kn annotate pods -l 'app.kubernetes.io/name in (worker, collector)' "higgsflow.io/analysis=$1" --overwrite > /dev/null
  wait_until 150 "the analysis in all pods" pods_have "/app/analyses/$1" || die 1 "the pods do not get the analysis $1"
}

pods_have() {
  local pod
  for pod in $(kn get pods -l 'app.kubernetes.io/name in (worker, collector)' --field-selector status.phase=Running -o name); do
    kn exec "$pod" -- test -e "$1" || return 1
  done
}

# The run as JSON, for the producer.
run_request() {
  local parts
  parts="\"run\": $(json_string "$RUN"), \"analysis\": $(json_string "$ANALYSIS"), \"data\": [$(json_list "${RUN_DATA[@]+"${RUN_DATA[@]}"}")]"
  case $CATALOGUE in
    '') ;;
    *.json) parts="$parts, \"catalogue\": $(cat "$CATALOGUE")" ;;
    *) parts="$parts, \"catalogue\": $(json_string "$CATALOGUE")" ;;
  esac
  [ ${#SETTINGS[@]} -eq 0 ] || parts="$parts, \"set\": {$(json_settings)}"
  [ -z "$FRACTION" ] || parts="$parts, \"fraction\": ${FRACTION/#./0.}"
  [ -z "$CHUNK_ENTRIES" ] || parts="$parts, \"chunkEntries\": $CHUNK_ENTRIES"
  printf '{%s}\n' "$parts"
}

json_list() {
  local item separator=''
  for item in "$@"; do
    printf '%s%s' "$separator" "$(json_string "$item")"
    separator=', '
  done
}

json_settings() {
  local setting separator=''
  for setting in "${SETTINGS[@]}"; do
    printf '%s%s: %s' "$separator" "$(json_string "${setting%%=*}")" "$(json_string "${setting#*=}")"
    separator=', '
  done
}

# Sets RUN_DATA: where the files are as the workers see them.
locate_data() {
  local item
  RUN_DATA=()
  [ -z "$DATA_DIR" ] || [ ${#DATA[@]} -gt 0 ] || RUN_DATA=(/data)
  for item in ${DATA[@]+"${DATA[@]}"}; do
    case $item in
      *://*) RUN_DATA+=("$item") ;;
      *)
        [ -n "$DATA_DIR" ] || die 2 "--data $item: a path needs --data-dir, the folder that it is in"
        item=${item#"$DATA_DIR"}
        RUN_DATA+=("/data/${item#/}")
        ;;
    esac
  done
}

name_run() {
  [ -n "$RUN" ] || RUN=$(stem_of "$ANALYSIS")-$(date -u +%Y%m%d-%H%M%S)
  check_run_name
  # Names in a cluster: small letters, digits, dashes, and not long.
  JOB=producer-$(printf '%s' "$RUN" | tr '[:upper:]._' '[:lower:]--' | cut -c1-40)-$(short_hash "$RUN")
}

submit_run() {
  step "Run $RUN"
  ship_analysis
  mkdir -p "$WORK/run"
  run_request > "$WORK/run/spec.json"
  render_run "$WORK/run" "$JOB"
  # A Job cannot be changed; the producer of a run that exists goes on from where it is.
  kn delete job "$JOB" --ignore-not-found --wait=true > /dev/null
  local log=$WORK/submit.log
  kube apply --server-side --force-conflicts --field-manager=higgsflow-deploy -k "$WORK/run" > "$log" 2>&1 || {
    grep -v 'serverside-applied' "$log" | indented
    die 1 "the cluster refused the run"
  }
}

# Asks the collector from within its pod: state, tasks, committed, failed, completeness in %, events a second.
STATUS_SCRIPT='const s = await fetch("http://127.0.0.1:8081/runs/" + encodeURIComponent(process.argv[1])).then((r) => (r.ok ? r.json() : { state: "unknown", totals: {} }));
const { tasks = 0, tasksCommitted = 0, tasksFailed = 0, completeness = 0, entriesPerSecond = 0 } = s.totals;
console.log(s.state, tasks, tasksCommitted, tasksFailed, Math.floor(100 * completeness), Math.round(entriesPerSecond))'

run_status() { kn exec deploy/collector -- node --input-type=module -e "$STATUS_SCRIPT" "$RUN" 2> /dev/null || echo "unknown 0 0 0 0 0"; }

hpa_status() {
  [ -z "$KEDA" ] || return 0
  kn get hpa worker -o 'jsonpath={.status.currentReplicas} {.status.desiredReplicas} {.spec.minReplicas} {.spec.maxReplicas} {.status.currentMetrics[0].resource.current.averageUtilization}' 2> /dev/null || true
}

# Follows the run to its end. Sets RUN_STATE.
follow_run() {
  local state tasks committed failed percent rate current desired min max cpu unknown=0
  note "time      tasks            done   events/s     workers: running, wanted, limits, CPU of request"
  while :; do
    read -r state tasks committed failed percent rate <<< "$(run_status)"
    read -r current desired min max cpu <<< "$(hpa_status)"
    note "$(printf '%s  %6s of %-6s %4s %%  %9s     %s, %s, %s to %s, %s %%%s' "$(date +%T)" "$committed" "$tasks" "$percent" "$rate" \
      "${current:-?}" "${desired:-?}" "${min:-?}" "${max:-?}" "${cpu:-?}" "$([ "$failed" = 0 ] || printf '   %s failed' "$failed")")"
    case $state in
      complete | incomplete | cancelled) break ;;
      unknown)
        unknown=$((unknown + 1))
        producer_failed && explain_producer
        [ "$unknown" -lt 60 ] || explain collector "it does not know the run"
        ;;
      *)
        unknown=0
        producer_failed && explain_producer
        ;;
    esac
    sleep 5
  done
  RUN_STATE=$state
}

producer_failed() { [ "$(kn get job "$JOB" -o 'jsonpath={.status.conditions[?(@.type=="Failed")].status}' 2> /dev/null)" = True ]; }

explain_producer() {
  step "the producer failed: its log ends with"
  { kn logs "job/$JOB" --tail=5 2> /dev/null || true; } | cut -c1-600 | indented
  die 1 "the run could not be submitted"
}

# The page's service writes the files when the run has ended.
fetch_results() {
  step "Results"
  wait_until 120 "the result files" kn exec deploy/web -- test -s "/out/$RUN/plot.png" -a -s "/out/$RUN/report.json" ||
    explain web "it did not write the results of $RUN"
  if [ -z "$OUTPUT_HOST" ]; then
    kn exec deploy/web -- tar -cf - -C /out "$RUN" | tar -xf - -C "$OUT" || die 1 "the results could not be copied to $OUT"
  fi
  note "$OUT/$RUN:"
  # shellcheck disable=SC2012 # for people
  ls -l "$OUT/$RUN" | tail -n +2 | awk '{print $5, $NF}' | indented
}

free_port() {
  local port
  for port in 8080 8090 8180 18080 28080; do
    (exec 3<> "/dev/tcp/127.0.0.1/$port") 2> /dev/null || {
      echo "$port"
      return
    }
  done
  echo 38080
}

# Sets URL: the load balancer's where one answers, else that of a port forwarded to this machine for as long as this script runs.
open_page() {
  local address i
  if [ -n "$LOAD_BALANCER" ]; then
    for ((i = 0; i < 15; i++)); do
      address=$(kn get service web -o 'jsonpath={.status.loadBalancer.ingress[0].ip}{.status.loadBalancer.ingress[0].hostname}' 2> /dev/null || true)
      [ -z "$address" ] || break
      sleep 1
    done
  fi
  if [ -n "${address:-}" ]; then
    [ "$CLUSTER" != docker-desktop ] || address=localhost
    URL=http://$address:8080/
  else
    forward_page "$(free_port)"
  fi
}

forward_page() {
  local port=$1
  (
    trap 'kill $! 2> /dev/null; exit 0' TERM INT
    # It ends with the pod that it leads to.
    while :; do
      kubectl ${CONTEXT:+--context "$CONTEXT"} -n "$NAMESPACE" port-forward service/web "$port:8080" > /dev/null 2>&1 &
      wait $! || true
      sleep 1
    done
  ) &
  FORWARD=$!
  URL=http://localhost:$port/
  wait_until 20 "the page" port_answers "$port" || warn "the page does not answer at $URL yet"
}

port_answers() { (exec 3<> "/dev/tcp/127.0.0.1/$1") 2> /dev/null; }

end_forward() {
  [ -n "${FORWARD:-}" ] || return 0
  kill "$FORWARD" 2> /dev/null || true
  wait "$FORWARD" 2> /dev/null || true
  FORWARD=''
}

open_browser() {
  [ -t 0 ] && [ -z "$YES" ] || return 0
  case $OS in
    macos) open "$1" ;;
    windows) start "" "$1" ;;
    wsl) cmd.exe /c start "$1" ;;
    linux) xdg-open "$1" ;;
  esac > /dev/null 2>&1 || true
}
