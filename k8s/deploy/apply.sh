# shellcheck shell=bash
# From manifests to running pods.

ensure_namespace() {
  kube get namespace "$NAMESPACE" > /dev/null 2>&1 && return 0
  kube apply --server-side -f - > /dev/null << END
apiVersion: v1
kind: Namespace
metadata:
  name: $(json_string "$NAMESPACE")
  labels: {app.kubernetes.io/part-of: higgsflow, higgsflow.io/created: "true"}
END
}

# User and password of the broker: made once, kept in the cluster only, never shown and never an argument of a command.
ensure_credentials() {
  kn get secret rabbitmq-credentials > /dev/null 2>&1 && return 0
  local password
  password=$(head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n')
  kn create -f - > /dev/null << END
apiVersion: v1
kind: Secret
metadata:
  name: rabbitmq-credentials
  labels: {app.kubernetes.io/name: rabbitmq, app.kubernetes.io/part-of: higgsflow}
type: Opaque
stringData:
  username: higgsflow
  password: $password
  management-url: http://higgsflow:$password@rabbitmq.$NAMESPACE.svc:15672/
  definitions.json: '{"users": [{"name": "higgsflow", "password": "$password", "tags": ["monitoring"]}],
    "vhosts": [{"name": "/"}],
    "permissions": [{"user": "higgsflow", "vhost": "/", "configure": ".*", "write": ".*", "read": ".*"}]}'
END
}

apply_all() {
  step "Manifests"
  render "$WORK/all"
  remove_released_volumes
  local log=$WORK/apply.log
  # Server-side, in the name of this script: what others set (the autoscaler the replicas) stays theirs.
  kube apply --server-side --force-conflicts --field-manager=higgsflow-deploy -k "$WORK/all" > "$log" 2>&1 || {
    grep -v 'serverside-applied' "$log" | indented
    die 1 "the cluster refused the manifests"
  }
  [ -z "$KEDA" ] || kn delete hpa worker --ignore-not-found > /dev/null
  [ -n "$KEDA" ] || kn delete scaledobject worker --ignore-not-found > /dev/null 2>&1 || true
  done_ "$(grep -c 'serverside-applied' "$log") objects in namespace $NAMESPACE"
}

# Whoever deleted the namespace by hand left volumes behind that no claim can use again. Their folders stay.
remove_released_volumes() {
  local volume
  for volume in $(kube get pv -l "higgsflow.io/namespace=$NAMESPACE" -o 'jsonpath={range .items[?(@.status.phase=="Released")]}{.metadata.name}{" "}{end}'); do
    kube delete pv "$volume" --wait=false > /dev/null
  done
}

wait_for_services() {
  step "Pods"
  give_volumes
  wait_for_rollout statefulset/rabbitmq 240
  wait_for_rollout deployment/collector 180
  wait_for_rollout deployment/web 120
  wait_for_rollout deployment/scaler 120
  [ -n "$KEDA" ] || wait_for_rollout deployment/worker 180
  kn exec deploy/web -- test -w /out || die 1 "the page cannot write into $OUT, as user $OUT_UID: give it the right (chmod), or choose another folder with --out"
  kn get pods -l app.kubernetes.io/part-of=higgsflow | indented
}

# wait_until SECONDS WHAT COMMAND...: true as soon as the command is.
wait_until() {
  local end=$((SECONDS + $1)) what=$2
  shift 2
  while [ "$SECONDS" -lt "$end" ]; do
    "$@" > /dev/null 2>&1 && return 0
    [ -t 2 ] && printf '\r\e[K   %swaiting for %s (%d s)%s' "$DIM" "$what" "$((end - SECONDS))" "$PLAIN" >&2
    sleep 1
  done
  [ -t 2 ] && printf '\r\e[K' >&2
  return 1
}

# wait_for_rollout WORKLOAD SECONDS: shows its pods while it waits; says why if it does not come.
wait_for_rollout() {
  local workload=$1 end=$((SECONDS + $2)) name=${1#*/} shown='' line
  while ! kn rollout status "$workload" --timeout=2s > /dev/null 2>&1; do
    line=$(pod_line "$name")
    [ "$line" = "$shown" ] || note "$name: ${line:-no pod yet}"
    shown=$line
    case $line in *ErrImagePull* | *ImagePullBackOff* | *InvalidImageName* | *CreateContainerConfigError*) explain "$name" "its container cannot be made" ;; esac
    [ "$SECONDS" -lt "$end" ] || explain "$name" "it was not ready in time"
    sleep 1
  done
  note "$name: ${GREEN}ready${PLAIN}"
}

# pod_line NAME: state of its pods in one line, such as "Running, not ready; Pending".
pod_line() {
  kn get pods -l "app.kubernetes.io/name=$1" --no-headers 2> /dev/null | awk '{printf "%s%s %s%s", (NR > 1 ? "; " : ""), $2, $3, ($4 + 0 > 0 ? " (" $4 " restarts)" : "")}'
}

# explain NAME WHY: what the cluster knows about these pods, and the end.
explain() {
  local name=$1 why=$2 pod
  step "$name: $why"
  kn get pods -l "app.kubernetes.io/name=$name" -o wide 2>&1 | indented
  kn get pvc --no-headers 2> /dev/null | grep -v ' Bound ' | indented || true
  note "what happened:"
  kn get events --field-selector type=Warning --sort-by=.lastTimestamp -o 'custom-columns=OBJECT:.involvedObject.name,REASON:.reason,MESSAGE:.message' 2>&1 | grep -E "OBJECT|$name|output|data" | tail -8 | indented
  pod=$(kn get pods -l "app.kubernetes.io/name=$name" -o 'jsonpath={.items[0].metadata.name}' 2> /dev/null || true)
  if [ -n "$pod" ]; then
    note "its log ends with:"
    { kn logs "$pod" --tail=8 2>&1 || true; } | cut -c1-300 | indented
    kn get pod "$pod" -o 'jsonpath={.status.containerStatuses[0].restartCount}' 2> /dev/null | grep -q '^0*$' ||
      { kn logs "$pod" --previous --tail=8 2> /dev/null || true; } | cut -c1-300 | indented
  fi
  die 1 "$name is not running (docs/kubernetes.md, Troubleshooting). Run the same command again when it is mended."
}
