# shellcheck shell=bash
# The image: built, named after its content, and brought to where the cluster finds it.

# Sets IMAGE.
prepare_image() {
  step "Image"
  if [ -n "$NO_BUILD" ]; then
    last_image
  else
    build_image
    bring_image
  fi
  note "$IMAGE"
}

# With --no-build: what is deployed already, else what was built last.
last_image() {
  IMAGE=$(kn get deployment collector -o 'jsonpath={.spec.template.spec.containers[0].image}' 2> /dev/null || true)
  [ -n "$IMAGE" ] || IMAGE=$(docker images higgsflow --format '{{.Repository}}:{{.Tag}}' 2> /dev/null | grep -v ':dev$' | head -1 || true)
  [ -n "$IMAGE" ] || die 1 "--no-build: there is no image yet"
}

build_image() {
  local log started=$SECONDS revision id
  log=$WORK/build.log
  revision=$(git -C "$HERE" rev-parse --short HEAD 2> /dev/null || echo unknown)
  note "docker build (the first time some minutes)"
  # shellcheck disable=SC2086 # several options in one variable
  (cd "$HERE" && docker build ${DOCKER_BUILD_OPTIONS:-} --build-arg "REVISION=$revision" -t higgsflow:dev .) > "$log" 2>&1 &
  wait_for_process $! "$log" || {
    tail -25 "$log" | indented
    die 1 "the image could not be built (above: the end of what docker said)"
  }
  id=$(docker image inspect -f '{{.Id}}' higgsflow:dev)
  id=${id#sha256:}
  IMAGE=higgsflow:${id:0:12}
  docker tag higgsflow:dev "$IMAGE"
  done_ "built in $((SECONDS - started)) s, $(docker image inspect -f '{{.Size}}' "$IMAGE" | awk '{printf "%.0f MB", $1 / 1e6}')"
}

# wait_for_process PID LOG: shows the log's last line while the process runs.
wait_for_process() {
  while kill -0 "$1" 2> /dev/null; do
    [ -t 2 ] && printf '\r\e[K   %s%.100s%s' "$DIM" "$(tail -1 "$2" | tr -d '\r')" "$PLAIN" >&2
    sleep 0.5
  done
  [ -t 2 ] && printf '\r\e[K' >&2
  wait "$1"
}

bring_image() {
  if [ -n "$PUSH" ]; then
    push_image
  elif [ -n "${IMAGE_LOAD_CMD:-}" ]; then
    # shellcheck disable=SC2086 # a command with its options
    load_with $IMAGE_LOAD_CMD "$IMAGE"
  else
    case $CLUSTER in
      kind) load_with kind load docker-image "$IMAGE" --name "${CONTEXT#kind-}" ;;
      k3d) load_with k3d image import "$IMAGE" -c "${CONTEXT#k3d-}" ;;
      minikube) load_with minikube -p "$CONTEXT" image load "$IMAGE" ;;
      remote) die 1 "the cluster does not see the images of this machine: give --push REGISTRY (or IMAGE_LOAD_CMD)" ;;
    esac
  fi
}

push_image() {
  docker tag "$IMAGE" "$PUSH/$IMAGE"
  IMAGE=$PUSH/$IMAGE
  note "docker push $IMAGE"
  docker push "$IMAGE" 2>&1 | tail -3 | indented ||
    die 1 "the image could not be pushed. Are you logged in? docker login ${PUSH%%/*}"
}

load_with() {
  note "$*"
  local log=$WORK/load.log
  "$@" > "$log" 2>&1 || {
    tail -15 "$log" | indented
    die 1 "the image could not be brought into the cluster"
  }
}

die_of_image() {
  end_setup
  die 1 "the cluster cannot get the image $IMAGE. Docker Desktop: is the cluster of the kind that shares Docker's images (kubeadm)? Elsewhere: --push REGISTRY, or IMAGE_LOAD_CMD='command' that loads an image."
}
