# shellcheck shell=bash
# Which path a folder of this machine has for the cluster's node.

# os_kind UNAME_S UNAME_R: macos, wsl, windows or linux.
os_kind() {
  case $1 in
    Darwin) echo macos ;;
    MINGW* | MSYS* | CYGWIN*) echo windows ;;
    Linux) case $2 in *[Mm]icrosoft* | *WSL*) echo wsl ;; *) echo linux ;; esac ;;
    *) echo linux ;;
  esac
}

# host_paths OS CLUSTER PATH: the paths that PATH (absolute) may have on the node, one a line, likeliest first.
host_paths() {
  local os=$1 cluster=$2 path=$3
  case $os/$cluster in
    windows/docker-desktop | wsl/docker-desktop) desktop_windows_path "$path" ;;
    macos/docker-desktop | linux/docker-desktop) printf '%s\n' "$path" "/host_mnt$path" ;;
    linux/minikube) printf '%s\n' "$path" "/hosthome${path#/home}" "/minikube-host$path" ;;
    macos/minikube) printf '%s\n' "$path" "/minikube-host$path" ;;
    windows/minikube) printf '%s\n' "$(windows_drive_path "$path")" ;;
    */remote) ;;
    *) printf '%s\n' "$path" ;;
  esac
}

# Docker Desktop's machine has the drives of Windows below /run/desktop/mnt/host, and of WSL only what lies in /mnt/wsl.
desktop_windows_path() {
  local path
  path=$(windows_drive_path "$1")
  case $path in
    /mnt/wsl/*) printf '/run/desktop/mnt/host/wsl/%s\n' "${path#/mnt/wsl/}" ;;
    /[a-z]/*) printf '/run/desktop/mnt/host%s\n' "$path" ;;
  esac
}

# windows_drive_path PATH: /c/Users/... from /mnt/c/Users, /cygdrive/c/Users, C:\Users or /c/Users.
windows_drive_path() {
  local path=${1//\\//} drive
  case $path in
    /mnt/wsl/*) printf '%s\n' "$path" ;;
    /mnt/[a-zA-Z]/* | /mnt/[a-zA-Z]) lower_drive "${path#/mnt/}" ;;
    /cygdrive/[a-zA-Z]/*) lower_drive "${path#/cygdrive/}" ;;
    [a-zA-Z]:/*)
      drive=${path%%:*}
      lower_drive "$drive${path#*:}"
      ;;
    /[a-zA-Z]/*) lower_drive "${path#/}" ;;
    *) printf '%s\n' "$path" ;;
  esac
}

# lower_drive C/Users: /c/Users
lower_drive() { printf '/%s%s\n' "$(printf '%s' "${1%%/*}" | tr '[:upper:]' '[:lower:]')" "/${1#*/}"; }

absolute_folder() { (cd "$1" && pwd -P); }

# find_host_path FOLDER: sets HOST_PATH to the path under which the node sees FOLDER; empty where it does not.
find_host_path() {
  local folder=$1 marker candidate
  HOST_PATH=''
  marker=".higgsflow-$$-$RANDOM"
  : > "$folder/$marker" 2> /dev/null || marker=''
  while IFS= read -r candidate; do
    [ -n "$candidate" ] || continue
    if node_sees "$candidate" "${marker:-.}"; then HOST_PATH=$candidate && break; fi
  done <<< "$(host_paths "$OS" "$CLUSTER" "$folder")"
  [ -z "$marker" ] || rm -f "$folder/$marker"
}

# node_sees PATH FILE: FILE is there in the folder PATH of the node.
node_sees() { on_node "$1" "test -e /host/$2"; }

# on_node PATH COMMAND: runs COMMAND in a pod that sees the node's folder PATH at /host, in a namespace of its own, because
# the main one forbids such pods. True if it ran and succeeded.
on_node() {
  local path=$1 command=$2 pod phase i
  pod="look-$$-$RANDOM"
  setup_namespace
  kube -n "$SETUP" apply -f - > /dev/null << END || return 1
apiVersion: v1
kind: Pod
metadata: {name: $pod, labels: {app.kubernetes.io/part-of: higgsflow}}
spec:
  restartPolicy: Never
  automountServiceAccountToken: false
  terminationGracePeriodSeconds: 0
  containers:
    - name: look
      image: $IMAGE
      imagePullPolicy: IfNotPresent
      command: [sh, -c, $(json_string "$command")]
      securityContext: {runAsUser: 0, runAsGroup: 0}
      resources: {requests: {cpu: 10m, memory: 16Mi}, limits: {cpu: 500m, memory: 64Mi}}
      volumeMounts: [{name: host, mountPath: /host}]
  volumes: [{name: host, hostPath: {path: $(json_string "$path"), type: Directory}}]
END
  for ((i = 0; i < 60; i++)); do
    phase=$(kube -n "$SETUP" get pod "$pod" -o 'jsonpath={.status.phase} {.status.containerStatuses[0].state.waiting.reason}' 2> /dev/null || true)
    case $phase in
      Succeeded*) break ;;
      Failed*) break ;;
      *ErrImagePull* | *ImagePullBackOff* | *ErrImageNeverPull*) die_of_image ;;
    esac
    # A folder that is not there never mounts: the events say so long before a timeout.
    if [ "$i" -ge 4 ] && kube -n "$SETUP" get events --field-selector "involvedObject.name=$pod,reason=FailedMount" -o name 2> /dev/null | grep -q .; then break; fi
    sleep 0.5
  done
  kube -n "$SETUP" delete pod "$pod" --wait=false > /dev/null 2>&1 || true
  [ "${phase%% *}" = Succeeded ]
}

setup_namespace() {
  [ -z "${SETUP:-}" ] || return 0
  SETUP=$NAMESPACE-setup
  kube apply -f - > /dev/null << END
apiVersion: v1
kind: Namespace
metadata:
  name: $SETUP
  labels: {app.kubernetes.io/part-of: higgsflow, pod-security.kubernetes.io/enforce: privileged}
END
}

end_setup() {
  [ -n "${SETUP:-}" ] || return 0
  kube delete namespace "$SETUP" --wait=false > /dev/null 2>&1 || true
  SETUP=''
}

# Volumes that a simple provisioner made as folders of root: Kubernetes does not give folders of a host to a pod's group.
give_volumes() {
  local claim path volume owner i
  [ "$CLUSTER" != remote ] || return 0
  local claims=(messages-rabbitmq-0:999 collector-ledger:1000)
  # A folder of the user's is the user's to give.
  [ -n "$OUTPUT_HOST" ] || claims+=("$OUTPUT_CLAIM:$OUT_UID")
  for claim in "${claims[@]}"; do
    owner=${claim##*:} claim=${claim%:*}
    for ((i = 0; i < 60; i++)); do
      volume=$(kn get pvc "$claim" -o 'jsonpath={.status.phase}/{.spec.volumeName}' 2> /dev/null || true)
      case $volume in Bound/?*) break ;; esac
      sleep 0.5
    done
    volume=${volume#*/}
    [ -n "$volume" ] || continue
    path=$(kube get pv "$volume" -o 'jsonpath={.metadata.annotations.higgsflow\.io/owner}={.spec.hostPath.path}' 2> /dev/null || true)
    case $path in "$owner"=* | *=) continue ;; esac
    on_node "${path#*=}" "chown $owner:$owner /host && chmod 0770 /host" || warn "the volume of $claim could not be given to user $owner"
    kube annotate pv "$volume" "higgsflow.io/owner=$owner" --overwrite > /dev/null
  done
}
