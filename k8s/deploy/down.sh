# shellcheck shell=bash
# Takes away what deploy.sh made, and nothing else.

# What is there, one object a line.
labelled_objects() {
  kn get deployments,statefulsets,jobs,hpa,pdb,services,persistentvolumeclaims,configmaps,secrets,serviceaccounts,roles,rolebindings,networkpolicies \
    -l app.kubernetes.io/part-of=higgsflow -o name 2> /dev/null || true
  kn get configmap analyses -o name 2> /dev/null || true
  kn get scaledobjects,triggerauthentications -l app.kubernetes.io/part-of=higgsflow -o name 2> /dev/null || true
  kn get pvc -l app.kubernetes.io/name=rabbitmq -o name 2> /dev/null || true
}

labelled_volumes() { kube get pv -l "higgsflow.io/namespace=$NAMESPACE" -o name 2> /dev/null || true; }

take_down() {
  step "Taking away namespace $NAMESPACE of $CONTEXT"
  local objects
  objects=$(labelled_objects | sort -u)
  if [ -z "$objects" ] && [ -z "$(labelled_volumes)" ] && ! namespace_is_ours; then
    done_ "nothing of higgsflow is there"
    return
  fi
  printf '%s\n%s\n' "$objects" "$(labelled_volumes)" | sed '/^$/d' | indented
  note "Plots and results in the output folder stay. So does metrics-server, which others may use by now."
  ask "Take these away?" || die 1 "nothing was taken away"
  delete_all "$objects"
}

namespace_is_ours() { [ "$(kube get namespace "$NAMESPACE" -o 'jsonpath={.metadata.labels.higgsflow\.io/created}' 2> /dev/null)" = true ]; }

delete_all() {
  local others volume
  # Workloads first: a claim waits for the pods that use it.
  # shellcheck disable=SC2086 # names have no spaces
  [ -z "$1" ] || kn delete --ignore-not-found --wait=true --timeout=120s $1 2>&1 | indented || die_of_delete
  for volume in $(labelled_volumes); do
    kube delete "$volume" --ignore-not-found --timeout=60s 2>&1 | indented || die_of_delete
  done
  kube delete namespace "$NAMESPACE-setup" --ignore-not-found --wait=false > /dev/null 2>&1 || true
  if namespace_is_ours; then
    others=$(kn get all,configmaps,secrets,pvc -o name 2> /dev/null | grep -v -E 'configmap/kube-root-ca.crt|^pod/|^replicaset' || true)
    if [ -z "$others" ]; then
      kube delete namespace "$NAMESPACE" --timeout=180s 2>&1 | indented || die_of_delete
    else
      warn "the namespace $NAMESPACE stays, because somebody else has things in it:"
      printf '%s\n' "$others" | indented
    fi
  fi
  kube get namespaces -l app.kubernetes.io/part-of=higgsflow -o name 2> /dev/null | grep -q -v -- "$NAMESPACE-setup" ||
    kube delete priorityclass higgsflow-worker --ignore-not-found > /dev/null 2>&1 || true
  done_ "gone"
}

die_of_delete() {
  die 1 "not all of it is gone (above: what kubectl said). Give it a minute, and then again: bash deploy.sh --down --context $CONTEXT --namespace $NAMESPACE"
}
