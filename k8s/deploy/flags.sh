# shellcheck shell=bash
# The command line, into capital-letter variables.

usage() {
  cat << 'END'
Usage: bash deploy.sh [options]

Puts higgsflow on a Kubernetes cluster, runs an analysis there with as many workers as the work needs, shows the plot in the
browser, and cleans up. Without options: the ATLAS Higgs -> ZZ* -> 4 leptons analysis of 2020 over the files that CERN serves.

What is run
  --analysis NAME|FILE   built-in analysis, or your own file: ./mine.ts          (atlas-hzz-2020)
  --data-dir FOLDER      a folder of this machine, which the workers read
  --data WHERE           URL, or path inside --data-dir; repeatable              (all of --data-dir; else the catalogue's files)
  --catalogue NAME|FILE  what the files are: atlas-2020, atlas-2025, FILE.json, none  (that of the analysis)
  --set KEY=VALUE        a parameter of the analysis; repeatable
  --fraction PART        read the first part of each file, over 0 to 1
  --chunk-entries N      cut files with more entries into chunks of about as many
  --run NAME             name of the run; the same name again goes on with it    (analysis, date and time)
  --no-run               deploy only

Workers
  --workers-min N        at least                                                (1; with --keda 0)
  --workers-max N        at most                                                 (20)
  --worker-cpu CPU       CPU request of a worker, such as 250m                   (fitted to the cluster)
  --stage-in FOLDER      workers copy remote files there, whole, before they read them: /dev/shm (memory), else on the node's disk
  --stage-in-mb N        what may lie there at most                              (512)
  --keda                 scale by queue length; needs KEDA in the cluster

Several clusters (docs/kubernetes.md)
  --pool NAME            the pool of this cluster's workers                      (default)
  --broker-tls HOST      the broker also with TLS (port 5671), certified for this name or address; repeatable
  --broker-expose HOW    show that port outside of the cluster: nodeport or loadbalancer
  --workers-only         only workers, for the broker of another cluster:
    --broker URL         where it is: amqps://HOST:PORT
    --from-context NAME  read its user, password and CA from that cluster; --from-namespace (higgsflow)
                         without it: BROKER_USERNAME and BROKER_PASSWORD of the environment
    --ca FILE            who signed its certificate, where that is not in --from-context

Where
  --context NAME         context of the kubeconfig                               (the current one)
  --namespace NAME       (higgsflow)
  --out FOLDER           plots and results                                       (out)
  --expose               a LoadBalancer for the page also on clusters that are not local
  --no-build             use the image of last time
  --push REGISTRY        push the image there, for clusters that do not see this machine's images
  IMAGE_LOAD_CMD=...     (environment) command that brings an image into the cluster; gets its name

How
  --yes                  ask nothing, and leave everything running at the end
  --keep                 leave everything running at the end
  --down                 take everything away but plots and results, and stop
  --help

Exit codes: 0 complete, 3 incomplete (some input could not be read), 1 failed, 2 wrong usage.
END
}

set_defaults() {
  ANALYSIS=atlas-hzz-2020 CATALOGUE='' DATA_DIR='' RUN='' NO_RUN='' FRACTION='' CHUNK_ENTRIES=''
  DATA=() SETTINGS=()
  STAGE_IN='' STAGE_IN_MB=512
  POOL=default BROKER_HOSTS=() BROKER_EXPOSE='' WORKERS_ONLY='' BROKER_URL='' FROM_CONTEXT='' FROM_NAMESPACE=higgsflow BROKER_CA='' HAS_CA=''
  WORKERS_MIN='' WORKERS_MAX=20 WORKER_CPU='' KEDA=''
  CONTEXT='' CONTEXT_GIVEN='' NAMESPACE=higgsflow OUT='' EXPOSE='' NO_BUILD='' PUSH=''
  YES='' KEEP='' DOWN=''
}

parse_flags() {
  set_defaults
  while [ $# -gt 0 ]; do
    case $1 in
      --analysis | --catalogue | --data-dir | --data | --set | --fraction | --chunk-entries | --run | --workers-min | --workers-max | --worker-cpu | --context | --namespace | --out | --push | \
        --pool | --broker-tls | --broker-expose | --broker | --from-context | --from-namespace | --ca | --stage-in | --stage-in-mb)
        [ -n "${2:-}" ] || die 2 "$1 needs a value; see --help"
        set_value "$1" "$2"
        shift 2
        ;;
      --*=*)
        [ -n "${1#*=}" ] || die 2 "${1%=} needs a value; see --help"
        set_value "${1%%=*}" "${1#*=}"
        shift
        ;;
      *)
        set_switch "$1"
        shift
        ;;
    esac
  done
  check_flags
}

set_value() {
  case $1 in
    --analysis) ANALYSIS=$2 ;;
    --catalogue) CATALOGUE=$2 ;;
    --data-dir) DATA_DIR=$2 ;;
    --data) DATA+=("$2") ;;
    --set) SETTINGS+=("$2") ;;
    --fraction) FRACTION=$2 ;;
    --chunk-entries) CHUNK_ENTRIES=$2 ;;
    --run) RUN=$2 ;;
    --workers-min) WORKERS_MIN=$2 ;;
    --workers-max) WORKERS_MAX=$2 ;;
    --worker-cpu) WORKER_CPU=$2 ;;
    --context) CONTEXT=$2 CONTEXT_GIVEN=1 ;;
    --namespace) NAMESPACE=$2 ;;
    --out) OUT=$2 ;;
    --stage-in) STAGE_IN=${2%/} ;;
    --stage-in-mb) STAGE_IN_MB=$2 ;;
    --pool) POOL=$2 ;;
    --broker-tls) BROKER_HOSTS+=("$2") ;;
    --broker-expose) BROKER_EXPOSE=$2 ;;
    --broker) BROKER_URL=${2%/} ;;
    --from-context) FROM_CONTEXT=$2 ;;
    --from-namespace) FROM_NAMESPACE=$2 ;;
    --ca) BROKER_CA=$2 ;;
    --push) PUSH=${2%/} ;;
    *) die 2 "unknown option $1; see --help" ;;
  esac
}

set_switch() {
  case $1 in
    --no-run) NO_RUN=1 ;;
    --workers-only) WORKERS_ONLY=1 ;;
    --keda) KEDA=1 ;;
    --expose) EXPOSE=1 ;;
    --no-build) NO_BUILD=1 ;;
    --yes | -y) YES=1 ;;
    --keep) KEEP=1 ;;
    --down) DOWN=1 ;;
    --help | -h)
      usage
      exit 0
      ;;
    *) die 2 "unknown option $1; see --help" ;;
  esac
}

check_flags() {
  # Only KEDA can do without any worker.
  local least=1
  [ -z "$KEDA" ] || least=0
  [ -n "$WORKERS_MIN" ] || WORKERS_MIN=$least
  matches "$WORKERS_MIN" '^(0|[1-9][0-9]{0,3})$' && [ "$WORKERS_MIN" -ge "$least" ] || die 2 "--workers-min must be a whole number, $least or more"
  matches "$WORKERS_MAX" '^[1-9][0-9]{0,3}$' || die 2 "--workers-max must be a whole number, 1 or more"
  [ "$WORKERS_MIN" -le "$WORKERS_MAX" ] || die 2 "--workers-min is over --workers-max"
  matches "$NAMESPACE" '^[a-z0-9]([-a-z0-9]{0,40}[a-z0-9])?$' || die 2 "--namespace: small letters, digits and dashes, at most 42"
  [ -z "$RUN" ] || check_run_name
  [ -z "$FRACTION" ] || matches "$FRACTION" '^(0?\.[0-9]*[1-9][0-9]*|1(\.0+)?)$' || die 2 "--fraction must be over 0 and at most 1"
  [ -z "$CHUNK_ENTRIES" ] || matches "$CHUNK_ENTRIES" '^[1-9][0-9]*$' || die 2 "--chunk-entries must be a whole number, 1 or more"
  [ -z "$WORKER_CPU" ] || matches "$WORKER_CPU" '^([0-9]+m|[0-9]+(\.[0-9]+)?)$' || die 2 "--worker-cpu must be like 250m or 1"
  [ -z "$DATA_DIR" ] || [ -d "$DATA_DIR" ] || die 2 "--data-dir: there is no folder $DATA_DIR"
  [ -z "$STAGE_IN" ] || matches "$STAGE_IN" '^(/dev/shm|/[a-zA-Z0-9._-]+(/[a-zA-Z0-9._-]+)*)$' || die 2 "--stage-in must be a folder like /dev/shm or /mnt/disks/ssd0"
  ! matches "$STAGE_IN" '^/(dev|proc|sys|etc|app|run|tmp|data|scratch)(/|$)' || [ "$STAGE_IN" = /dev/shm ] || die 2 "--stage-in: $STAGE_IN is taken; another folder, such as /stage-in"
  matches "$STAGE_IN_MB" '^[1-9][0-9]{0,6}$' || die 2 "--stage-in-mb must be a whole number, 1 or more"
  check_broker_flags
  local setting
  for setting in ${SETTINGS[@]+"${SETTINGS[@]}"}; do
    matches "$setting" '^[^=]+=' || die 2 "--set must be key=value, not $setting"
  done
}

check_run_name() {
  matches "$RUN" '^[a-zA-Z0-9][a-zA-Z0-9._-]{0,99}$' || die 2 "--run: letters, digits, dot, dash and underscore, first a letter or digit, at most 100; not $RUN"
}

check_broker_flags() {
  local host
  matches "$POOL" '^[a-z0-9-]{1,60}$' || die 2 "--pool: small letters, digits and dashes, at most 60"
  for host in ${BROKER_HOSTS[@]+"${BROKER_HOSTS[@]}"}; do
    matches "$host" '^[a-zA-Z0-9.:-]+$' || die 2 "--broker-tls must be a name or an address, not $host"
  done
  matches "$BROKER_EXPOSE" '^(nodeport|loadbalancer)?$' || die 2 "--broker-expose must be nodeport or loadbalancer"
  [ -z "$BROKER_EXPOSE" ] || [ ${#BROKER_HOSTS[@]} -gt 0 ] || die 2 "--broker-expose needs --broker-tls: without TLS the broker is shown to nobody"
  [ -z "$BROKER_CA" ] || [ -f "$BROKER_CA" ] || die 2 "--ca: there is no file $BROKER_CA"
  ! matches "$BROKER_URL" '@' || die 2 "--broker: no user or password here; they come from --from-context or the environment"
  [ -z "$WORKERS_ONLY" ] || [ -z "$KEDA" ] || [ -n "$DOWN" ] || die 2 "--keda is for the cluster of the broker, whose queues KEDA asks for; with --workers-only, workers scale by CPU"
  if [ -n "$WORKERS_ONLY$DOWN" ]; then
    [ -n "$DOWN" ] || matches "$BROKER_URL" '^amqps?://[^/]+$' || die 2 "--workers-only needs --broker amqps://HOST:PORT"
    [ ${#BROKER_HOSTS[@]} -eq 0 ] || die 2 "--broker-tls is for the cluster of the broker, not for --workers-only"
  else
    [ -z "$BROKER_URL$FROM_CONTEXT$BROKER_CA" ] || die 2 "--broker, --from-context and --ca go with --workers-only"
  fi
}

matches() { [[ $1 =~ $2 ]]; }
