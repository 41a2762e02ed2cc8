#!/usr/bin/env bash
# Puts higgsflow on a Kubernetes cluster, runs an analysis there, and ends with the plot in the browser: bash deploy.sh
# All options: bash deploy.sh --help. How it works and what to do if it does not: docs/kubernetes.md.
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck source=k8s/deploy/messages.sh
. "$HERE/k8s/deploy/messages.sh"
# shellcheck source=k8s/deploy/flags.sh
. "$HERE/k8s/deploy/flags.sh"
# shellcheck source=k8s/deploy/cluster.sh
. "$HERE/k8s/deploy/cluster.sh"
# shellcheck source=k8s/deploy/folders.sh
. "$HERE/k8s/deploy/folders.sh"
# shellcheck source=k8s/deploy/image.sh
. "$HERE/k8s/deploy/image.sh"
# shellcheck source=k8s/deploy/render.sh
. "$HERE/k8s/deploy/render.sh"
# shellcheck source=k8s/deploy/apply.sh
. "$HERE/k8s/deploy/apply.sh"
# shellcheck source=k8s/deploy/run.sh
. "$HERE/k8s/deploy/run.sh"
# shellcheck source=k8s/deploy/broker.sh
. "$HERE/k8s/deploy/broker.sh"
# shellcheck source=k8s/deploy/down.sh
. "$HERE/k8s/deploy/down.sh"

main() {
  parse_flags "$@"
  OS=$(os_kind "$(uname -s)" "$(uname -r)")
  WORK=$(mktemp -d)
  trap clean_up EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  check_tools
  choose_cluster
  if [ -n "$DOWN" ]; then
    take_down
    return
  fi
  if [ -n "$WORKERS_ONLY" ]; then
    deploy_workers
    return
  fi
  deploy
  [ -z "$NO_RUN" ] || {
    open_page
    farewell
    return
  }
  submit_run
  open_page
  step "The page: $URL"
  follow_run
  fetch_results
  open_browser "$URL"
  finish
}

deploy() {
  [ -z "$DATA_DIR" ] || DATA_DIR=$(absolute_folder "$DATA_DIR")
  locate_data
  name_run
  ensure_metrics
  prepare_image
  find_folders
  [ -n "$WORKER_CPU" ] || WORKER_CPU=$(fitted_cpu)
  LOAD_BALANCER=1
  if [ "$CLUSTER" = remote ] && [ -z "$EXPOSE" ]; then LOAD_BALANCER=''; fi
  ensure_namespace
  ensure_credentials
  ensure_broker_tls
  name_volumes
  apply_all
  wait_for_services
  end_setup
  tell_broker
}

# A pool of workers in a further cluster. Again and again, with other numbers, is fine.
deploy_workers() {
  [ -z "$DATA_DIR" ] || DATA_DIR=$(absolute_folder "$DATA_DIR")
  ensure_metrics
  prepare_image
  OUTPUT_HOST='' LOAD_BALANCER=''
  find_data
  [ -n "$WORKER_CPU" ] || WORKER_CPU=$(fitted_cpu)
  ensure_namespace
  ensure_remote_credentials
  name_volumes
  apply_all
  step "Pods"
  wait_for_rollout deployment/worker 180
  end_setup
  step "Workers of pool $POOL are there, for the broker at $BROKER_URL"
  note "look at them: kubectl --context $CONTEXT -n $NAMESPACE get pods,hpa"
  note "end them:     bash deploy.sh --down --context $CONTEXT --namespace $NAMESPACE"
}

# The output folder, its owner in the cluster, and the data folder, as the node sees them.
find_folders() {
  step "Folders"
  OUT=${OUT:-$HERE/out}
  mkdir -p "$OUT"
  OUT=$(absolute_folder "$OUT")
  OUT_UID=$(id -u) OUT_GID=$(id -g)
  # Pods may not be root, and users of Windows have numbers that Linux knows nothing of.
  if [ "$OUT_UID" = 0 ] || [ "$OS" = windows ]; then
    [ "$OUT_UID" != 0 ] || chown 1000:1000 "$OUT" 2> /dev/null || true
    OUT_UID=1000 OUT_GID=1000
  fi
  find_host_path "$OUT"
  OUTPUT_HOST=$HOST_PATH
  if [ -n "$OUTPUT_HOST" ]; then
    note "results: $OUT, which the cluster sees as $OUTPUT_HOST"
  else
    OUT_UID=1000 OUT_GID=1000
    note "results: on a volume in the cluster, which does not see $OUT; copied there at the end"
  fi
  find_data
}

# The data folder, as the node sees it.
find_data() {
  DATA_HOST=''
  [ -n "$DATA_DIR" ] || return 0
  find_host_path "$DATA_DIR"
  DATA_HOST=$HOST_PATH
  [ -n "$DATA_HOST" ] || die 1 "the cluster does not see the folder $DATA_DIR (docs/kubernetes.md, \"The cluster does not see my folder\")"
  note "data: $DATA_DIR, which the cluster sees as $DATA_HOST"
}

finish() {
  note "$RUN is $RUN_STATE. The page: ${URL}runs/$RUN"
  if [ -z "$YES$KEEP" ] && [ -t 0 ]; then
    printf '\n%sPress Enter when you have seen the plot.%s ' "$BOLD" "$PLAIN" >&2
    read -r _ || true
    if ask "Take everything away again (the plots stay)?"; then
      YES=1
      take_down
    else
      farewell
    fi
  else
    farewell
  fi
  [ "$RUN_STATE" = complete ] || exit 3
}

farewell() {
  step "It goes on running"
  [ -z "${FORWARD:-}" ] || note "the page:   kubectl -n $NAMESPACE port-forward service/web 8080:8080, then http://localhost:8080/"
  [ -n "${FORWARD:-}" ] || note "the page:   $URL"
  note "look at it: kubectl -n $NAMESPACE get pods,hpa"
  note "end it:     bash deploy.sh --down$([ "$NAMESPACE" = higgsflow ] || printf ' --namespace %s' "$NAMESPACE")"
}

clean_up() {
  end_forward
  end_setup
  rm -rf "$WORK"
}

# Sourced by tests, which call single functions.
[ "${BASH_SOURCE[0]}" != "$0" ] || main "$@"
