# shellcheck shell=bash
# Which cluster, and whether it may be touched.

kube() { kubectl ${CONTEXT:+--context "$CONTEXT"} "$@"; }
kn() { kube -n "$NAMESPACE" "$@"; }

METRICS_SERVER=https://github.com/kubernetes-sigs/metrics-server/releases/download/v0.8.0/components.yaml

check_tools() {
  command -v kubectl > /dev/null || die 1 "kubectl is missing. Docker Desktop brings it; else https://kubernetes.io/docs/tasks/tools/"
  [ -n "$NO_BUILD$DOWN" ] && return 0
  command -v docker > /dev/null || die 1 "docker is missing: the image is built with it. Or give --no-build if it was built elsewhere."
  docker info > /dev/null 2>&1 || die 1 "docker does not answer. Is Docker Desktop (or dockerd) running?"
}

choose_cluster() {
  step "Cluster"
  [ -n "$CONTEXT" ] || CONTEXT=$(kubectl config current-context 2> /dev/null) ||
    die 1 "kubectl knows no cluster. In Docker Desktop: Settings, Kubernetes, Enable Kubernetes. Or: kind create cluster"
  SERVER=$(kubectl config view --minify --context "$CONTEXT" -o 'jsonpath={.clusters[0].cluster.server}' 2> /dev/null) ||
    die 1 "the kubeconfig has no context $CONTEXT; it has: $(kubectl config get-contexts -o name | tr '\n' ' ')"
  local answer
  answer=$(kube --request-timeout=10s get --raw /readyz 2>&1) ||
    die 1 "the cluster $CONTEXT ($SERVER) does not answer: $(printf '%s' "$answer" | tail -1). Is it started?"
  CLUSTER=$(cluster_kind "$CONTEXT" "$SERVER" "$(node_addresses)" "$(own_addresses)")
  note "$CONTEXT at $SERVER: $(cluster_words "$CLUSTER")"
  confirm_cluster
}

# cluster_kind CONTEXT SERVER NODE_ADDRESSES OWN_ADDRESSES: docker-desktop, kind, minikube, k3d, here (this machine is its node) or remote.
cluster_kind() {
  local context=$1 server=$2 address
  case $server in
    https://127.* | https://localhost* | https://0.0.0.0* | 'https://[::1]'* | https://*.docker.internal*) ;;
    https://192.168.* | https://172.* | https://10.*) ;;
    *) echo remote && return ;;
  esac
  case $context in
    docker-desktop | docker-for-desktop) echo docker-desktop && return ;;
    kind-*) echo kind && return ;;
    minikube) echo minikube && return ;;
    k3d-*) echo k3d && return ;;
  esac
  for address in $3; do
    case " $4 " in *" $address "*) echo here && return ;; esac
  done
  case $context in rancher-desktop | colima* | orbstack) echo here ;; *) echo remote ;; esac
}

node_addresses() { kube get nodes -o 'jsonpath={.items[*].status.addresses[?(@.type=="InternalIP")].address}' 2> /dev/null || true; }

own_addresses() {
  { ip -o addr 2> /dev/null | awk '{sub("/.*", "", $4); print $4}' || ifconfig 2> /dev/null | awk '/inet /{print $2}'; } | grep -v '^127\.' | tr '\n' ' '
}

cluster_words() {
  case $1 in
    docker-desktop) echo "Docker Desktop, on this machine" ;;
    here) echo "this machine is its node" ;;
    remote) echo "not on this machine" ;;
    *) echo "$1, on this machine" ;;
  esac
}

# A local cluster may be used without asking. Another only if the user says so now, or has named it: --yes alone could mean any.
confirm_cluster() {
  [ "$CLUSTER" = remote ] || return 0
  [ "$YES$CONTEXT_GIVEN" = 11 ] && return 0
  [ -z "$YES" ] || die 1 "this is no local cluster: with --yes its name must be given, too: --context $CONTEXT"
  ask "This is no local cluster. Use namespace $NAMESPACE there?" || die 1 "nothing was touched. Another cluster: --context NAME"
}

ensure_metrics() {
  step "Metrics, which the autoscaler needs"
  if kube get --raw /apis/metrics.k8s.io/v1beta1/nodes > /dev/null 2>&1; then
    done_ "they are there"
    return
  fi
  if kube get apiservice v1beta1.metrics.k8s.io > /dev/null 2>&1; then
    note "metrics-server is there and not ready yet"
  else
    [ "$CLUSTER" != remote ] || ask "The cluster has no metrics-server. Install it (into kube-system)?" || die 1 "without metrics-server there is no scaling: $METRICS_SERVER"
    install_metrics_server
  fi
  wait_until 120 "metrics of the nodes" kube get --raw /apis/metrics.k8s.io/v1beta1/nodes ||
    warn "no metrics yet: the autoscaler waits for them (kubectl -n kube-system get pods -l k8s-app=metrics-server)"
}

install_metrics_server() {
  note "installing $METRICS_SERVER"
  kube apply -f "$METRICS_SERVER" 2>&1 | indented || die 1 "metrics-server could not be installed from $METRICS_SERVER"
  # The nodes of local clusters have certificates that nobody signed.
  [ "$CLUSTER" != remote ] || return 0
  kube -n kube-system patch deployment metrics-server --type=json \
    -p '[{"op": "add", "path": "/spec/template/spec/containers/0/args/-", "value": "--kubelet-insecure-tls"}]' > /dev/null
}

# fitted_cpu: a CPU request that lets all workers be placed and the autoscaler see load: 80 % of the cluster's cores over the
# workers, between a tenth of a core and one.
fitted_cpu() {
  local total=0 cpu
  for cpu in $(kube get nodes -o 'jsonpath={.items[*].status.allocatable.cpu}'); do
    case $cpu in *m) total=$((total + ${cpu%m})) ;; *) total=$((total + cpu * 1000)) ;; esac
  done
  clamped_cpu "$total" "$WORKERS_MAX"
}

clamped_cpu() {
  local share=$(($1 * 8 / 10 / $2))
  [ "$share" -ge 100 ] || share=100
  [ "$share" -le 1000 ] || share=1000
  echo "${share}m"
}
