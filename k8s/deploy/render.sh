# shellcheck shell=bash
# The manifests of this deployment: a kustomization in a temporary folder, over the plain YAML of k8s/.

# Sets OUTPUT_CLAIM, DATA_CLAIM. Paths are part of the names: a volume cannot be pointed elsewhere later.
name_volumes() {
  OUTPUT_CLAIM=output DATA_CLAIM=''
  [ -z "$OUTPUT_HOST" ] || OUTPUT_CLAIM=output-$(short_hash "$OUTPUT_HOST")
  [ -z "$DATA_HOST" ] || DATA_CLAIM=data-$(short_hash "$DATA_HOST")
}

# render FOLDER: writes FOLDER/kustomization.yaml.
render() {
  mkdir -p "$1"
  rm -rf "$1/k8s"
  cp -R "$HERE/k8s" "$1/k8s"
  [ ${#BROKER_HOSTS[@]} -eq 0 ] || cat "$HERE/k8s/components/broker-tls/tls.conf" >> "$1/k8s/base/rabbitmq.conf"
  {
    kustomization_head
    printf 'resources:\n  - k8s/base\ncomponents:\n'
    if [ -n "$WORKERS_ONLY" ]; then printf '  - k8s/components/workers-only\n'; elif [ -n "$OUTPUT_HOST" ]; then printf '  - k8s/components/output-folder\n'; else printf '  - k8s/components/output-claim\n'; fi
    [ -z "$DATA_HOST" ] || printf '  - k8s/components/data-folder\n'
    [ -z "$LOAD_BALANCER" ] || printf '  - k8s/components/load-balancer\n'
    [ -z "$KEDA" ] || printf '  - k8s/components/keda\n'
    [ ${#BROKER_HOSTS[@]} -eq 0 ] || printf '  - k8s/components/broker-tls\n'
    printf 'patches:\n'
    [ -z "$OUTPUT_HOST" ] || volume_patches output "$OUTPUT_CLAIM" "$OUTPUT_HOST"
    [ -z "$DATA_HOST" ] || volume_patches data "$DATA_CLAIM" "$DATA_HOST"
    if [ -n "$WORKERS_ONLY" ]; then remote_broker_patch; else web_patch; fi
    worker_patch
    pool_patch
    [ -z "$STAGE_IN" ] || stage_in_patch
    [ -z "$BROKER_EXPOSE" ] || broker_service_patch
    scale_patch
  } > "$1/kustomization.yaml"
}

# render_run FOLDER JOB: the producer's Job; spec.json is in FOLDER already.
render_run() {
  rm -rf "$1/k8s"
  cp -R "$HERE/k8s" "$1/k8s"
  {
    kustomization_head
    printf 'resources:\n  - k8s/producer\n'
    [ -z "$DATA_HOST" ] || printf 'components:\n  - k8s/components/data-folder\n'
    printf 'configMapGenerator:\n  - name: run-spec\n    files: [spec.json]\n    options: {labels: {app.kubernetes.io/name: producer, app.kubernetes.io/part-of: higgsflow, higgsflow.io/job: %s}}\n' "$2"
    printf 'patches:\n'
    printf '  - target: {kind: Job, name: producer}\n    patch: |-\n'
    printf '      [{"op": "replace", "path": "/metadata/name", "value": %s},\n' "$(json_string "$2")"
    printf '       {"op": "add", "path": "/metadata/annotations", "value": {"higgsflow.io/run": %s}}]\n' "$(json_string "$RUN")"
    if [ -n "$DATA_HOST" ]; then
      volume_patches data "$DATA_CLAIM" "$DATA_HOST"
      claim_patch Job producer data "$DATA_CLAIM"
    fi
  } > "$1/kustomization.yaml"
}

kustomization_head() {
  local name=${IMAGE%:*} tag=${IMAGE##*:}
  cat << END
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: $(json_string "$NAMESPACE")
images:
  - name: higgsflow
    newName: $name
    newTag: $(json_string "$tag")
END
}

# volume_patches WHAT CLAIM PATH
volume_patches() {
  local volume
  volume=$(json_string "$NAMESPACE-$2")
  cat << END
  - target: {kind: PersistentVolume, name: higgsflow-$1}
    patch: |-
      [{"op": "replace", "path": "/metadata/name", "value": $volume},
       {"op": "add", "path": "/metadata/labels/higgsflow.io~1namespace", "value": $(json_string "$NAMESPACE")},
       {"op": "replace", "path": "/spec/hostPath/path", "value": $(json_string "$3")}]
  - target: {kind: PersistentVolumeClaim, name: $1}
    patch: |-
      [{"op": "replace", "path": "/metadata/name", "value": $(json_string "$2")},
       {"op": "replace", "path": "/spec/volumeName", "value": $volume}]
END
}

# claim_patch KIND NAME VOLUME CLAIM
claim_patch() {
  local api=apps/v1
  [ "$1" != Job ] || api=batch/v1
  cat << END
  - target: {kind: $1, name: $2}
    patch: |-
      {"apiVersion": "$api", "kind": "$1", "metadata": {"name": "$2"}, "spec": {"template": {"spec": {
        "volumes": [{"name": "$3", "persistentVolumeClaim": {"claimName": $(json_string "$4")}}]}}}}
END
}

# The page writes as the user who called this, so that the plots are the user's.
web_patch() {
  claim_patch Deployment web output "$OUTPUT_CLAIM"
  [ -z "$OUTPUT_HOST" ] || [ "$OUT_UID" = 1000 ] || cat << END
  - target: {kind: Deployment, name: web}
    patch: |-
      [{"op": "replace", "path": "/spec/template/spec/securityContext/runAsUser", "value": $OUT_UID},
       {"op": "replace", "path": "/spec/template/spec/securityContext/runAsGroup", "value": $OUT_GID},
       {"op": "replace", "path": "/spec/template/spec/securityContext/fsGroup", "value": $OUT_GID}]
END
}

worker_patch() {
  [ -z "$DATA_HOST" ] || claim_patch Deployment worker data "$DATA_CLAIM"
  cat << END
  - target: {kind: Deployment, name: worker}
    patch: |-
      [{"op": "replace", "path": "/spec/template/spec/containers/0/resources/requests/cpu", "value": $(json_string "$WORKER_CPU")}]
END
}

# The pool of this cluster's workers: the collector's own, too, and what the scaler counts.
pool_patch() {
  local name
  [ "$POOL" != default ] || return 0
  for name in worker scaler collector; do
    [ "$name" = worker ] || [ -z "$WORKERS_ONLY" ] || continue
    cat << END
  - target: {kind: Deployment, name: $name}
    patch: |-
      [{"op": "add", "path": "/spec/template/spec/containers/0/env/-", "value": {"name": "POOL", "value": $(json_string "$POOL")}}]
END
  done
}

# A fast folder for whole files. In memory it counts as the pod's memory.
stage_in_patch() {
  local medium='' memory=1024
  [ "$STAGE_IN" != /dev/shm ] || {
    medium='"medium": "Memory", '
    memory=$((1024 + STAGE_IN_MB))
  }
  cat << END
  - target: {kind: Deployment, name: worker}
    patch: |-
      {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "worker"}, "spec": {"template": {"spec": {
        "volumes": [{"name": "stage-in", "emptyDir": {$medium"sizeLimit": "$((STAGE_IN_MB + 64))Mi"}}],
        "containers": [{"name": "worker",
          "env": [{"name": "STAGE_IN_DIR", "value": $(json_string "$STAGE_IN")}, {"name": "STAGE_IN_MAX_MB", "value": "$STAGE_IN_MB"}],
          "volumeMounts": [{"name": "stage-in", "mountPath": $(json_string "$STAGE_IN")}],
          "resources": {"limits": {"memory": "${memory}Mi"}}}]}}}}
END
}

broker_service_patch() {
  local type=NodePort
  [ "$BROKER_EXPOSE" = nodeport ] || type=LoadBalancer
  cat << END
  - target: {kind: Service, name: broker}
    patch: |-
      [{"op": "add", "path": "/spec/type", "value": "$type"}]
END
}

scale_patch() {
  if [ -n "$KEDA" ]; then
    cat << END
  - target: {kind: ScaledObject, name: worker}
    patch: |-
      [{"op": "replace", "path": "/spec/minReplicaCount", "value": $WORKERS_MIN},
       {"op": "replace", "path": "/spec/maxReplicaCount", "value": $WORKERS_MAX}]
END
  else
    cat << END
  - target: {kind: HorizontalPodAutoscaler, name: worker}
    patch: |-
      [{"op": "replace", "path": "/spec/minReplicas", "value": $WORKERS_MIN},
       {"op": "replace", "path": "/spec/maxReplicas", "value": $WORKERS_MAX},
       {"op": "replace", "path": "/metadata/annotations/higgsflow.io~1max-replicas", "value": "$WORKERS_MAX"}]
END
  fi
}
