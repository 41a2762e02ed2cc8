# shellcheck shell=bash
# The broker for workers of other clusters: TLS where it is, address and keys where they are.

# The CA is made once and kept, so that other clusters need not be told again when the broker gets another name.
ensure_broker_tls() {
  [ ${#BROKER_HOSTS[@]} -gt 0 ] || return 0
  command -v openssl > /dev/null || die 1 "openssl is missing: the broker's certificate is made with it"
  local tls=$WORK/tls names
  mkdir -p "$tls"
  names=$(broker_names)
  ensure_ca "$tls"
  if [ "$(kn get secret rabbitmq-tls -o 'jsonpath={.metadata.annotations.higgsflow\.io/names}' 2> /dev/null)" = "$names" ] &&
    kn get secret rabbitmq-tls -o 'jsonpath={.data.tls\.crt}' | base64 -d | openssl x509 -noout -checkend 2592000 > /dev/null 2>&1; then
    return 0
  fi
  openssl req -newkey rsa:2048 -nodes -keyout "$tls/tls.key" -subj /CN=rabbitmq -out "$tls/tls.csr" 2> /dev/null
  openssl x509 -req -in "$tls/tls.csr" -CA "$tls/ca.crt" -CAkey "$tls/ca.key" -set_serial "0x$(openssl rand -hex 16)" -days 825 -sha256 \
    -extfile <(printf 'subjectAltName=%s\n' "$names") -out "$tls/tls.crt" 2> /dev/null
  kn create secret generic rabbitmq-tls --from-file="$tls/ca.crt" --from-file="$tls/tls.crt" --from-file="$tls/tls.key" --dry-run=client -o yaml |
    kube label --local -f - app.kubernetes.io/name=rabbitmq app.kubernetes.io/part-of=higgsflow -o yaml |
    kube annotate --local -f - "higgsflow.io/names=$names" -o yaml |
    kn apply --server-side --force-conflicts -f - > /dev/null
  # The broker reads its certificate anew by itself, within some minutes; a first one with the port that comes with it.
  note "the broker's certificate is for $names"
}

# ensure_ca FOLDER: ca.crt and ca.key there, from the cluster or new.
ensure_ca() {
  if kn get secret rabbitmq-ca > /dev/null 2>&1; then
    kn get secret rabbitmq-ca -o 'jsonpath={.data.ca\.crt}' | base64 -d > "$1/ca.crt"
    kn get secret rabbitmq-ca -o 'jsonpath={.data.ca\.key}' | base64 -d > "$1/ca.key"
    return
  fi
  openssl req -x509 -newkey rsa:2048 -nodes -keyout "$1/ca.key" -subj /CN=higgsflow -days 3650 -sha256 -out "$1/ca.crt" 2> /dev/null
  kn create secret generic rabbitmq-ca --from-file="$1/ca.crt" --from-file="$1/ca.key" --dry-run=client -o yaml |
    kube label --local -f - app.kubernetes.io/name=rabbitmq app.kubernetes.io/part-of=higgsflow -o yaml |
    kn create -f - > /dev/null
}

# Names and addresses of the broker, as a certificate has them.
broker_names() {
  local host names="DNS:broker.$NAMESPACE.svc,DNS:broker.$NAMESPACE,DNS:localhost,IP:127.0.0.1"
  for host in "${BROKER_HOSTS[@]}"; do
    if matches "$host" '^[0-9.]+$|:'; then names=$names,IP:$host; else names=$names,DNS:$host; fi
  done
  printf '%s' "$names"
}

# Where other clusters find it, and how they are told.
tell_broker() {
  [ ${#BROKER_HOSTS[@]} -gt 0 ] || return 0
  local port=5671
  [ "$BROKER_EXPOSE" != nodeport ] || port=$(kn get service broker -o 'jsonpath={.spec.ports[0].nodePort}')
  step "The broker for other clusters"
  note "it listens with TLS at amqps://${BROKER_HOSTS[0]}:$port$([ -n "$BROKER_EXPOSE" ] || printf ' (if you lead that address to the Service broker: --broker-expose was not given)')"
  note "workers there: bash deploy.sh --workers-only --pool NAME --broker amqps://${BROKER_HOSTS[0]}:$port --from-context $CONTEXT --from-namespace $NAMESPACE --context OTHER"
}

# The Secret of the workers: user, password and CA of a broker elsewhere. Nothing of it is an argument of a command.
ensure_remote_credentials() {
  local keys=$WORK/keys key
  mkdir -p "$keys"
  chmod 700 "$keys"
  if [ -n "$FROM_CONTEXT" ]; then
    for key in username password; do from_main rabbitmq-credentials "$key" > "$keys/$key"; done
    [ -n "$BROKER_CA" ] || from_main rabbitmq-ca ca.crt > "$keys/ca.crt"
  elif [ -n "${BROKER_USERNAME:-}" ] && [ -n "${BROKER_PASSWORD:-}" ]; then
    printf '%s' "$BROKER_USERNAME" > "$keys/username"
    printf '%s' "$BROKER_PASSWORD" > "$keys/password"
  elif kn get secret rabbitmq-credentials > /dev/null 2>&1; then
    for key in username password; do kn get secret rabbitmq-credentials -o "jsonpath={.data.$key}" | base64 -d > "$keys/$key"; done
    [ -n "$BROKER_CA" ] || kn get secret rabbitmq-credentials -o 'jsonpath={.data.ca\.crt}' | base64 -d > "$keys/ca.crt"
  else
    die 2 "user and password of the broker: --from-context MAIN reads them there, or set BROKER_USERNAME and BROKER_PASSWORD"
  fi
  [ -z "$BROKER_CA" ] || cp "$BROKER_CA" "$keys/ca.crt"
  [ -s "$keys/username" ] && [ -s "$keys/password" ] || die 1 "the broker's credentials are not in context $FROM_CONTEXT, namespace $FROM_NAMESPACE"
  # Without one, the lists of the system count.
  [ -s "$keys/ca.crt" ] || rm -f "$keys/ca.crt"
  kn create secret generic rabbitmq-credentials --from-file="$keys" --dry-run=client -o yaml |
    kube label --local -f - app.kubernetes.io/name=worker app.kubernetes.io/part-of=higgsflow -o yaml |
    kn apply --server-side --force-conflicts -f - > /dev/null
  HAS_CA=''
  [ ! -s "$keys/ca.crt" ] || HAS_CA=1
}

# from_main SECRET KEY: what the first cluster keeps.
from_main() {
  kubectl --context "$FROM_CONTEXT" -n "$FROM_NAMESPACE" get secret "$1" -o "jsonpath={.data.${2//./\\.}}" | base64 -d ||
    die 1 "context $FROM_CONTEXT has no Secret $1 in namespace $FROM_NAMESPACE"
}

# Workers of a broker elsewhere: address, CA and port.
remote_broker_patch() {
  local port=5671
  ! matches "$BROKER_URL" ':[0-9]+/?$' || port=$(printf '%s' "${BROKER_URL##*:}" | tr -d /)
  [ "$port" != 5671 ] || ! matches "$BROKER_URL" '^amqp://' || port=5672
  local variables volumes=''
  variables="{\"name\": \"AMQP_URL\", \"value\": $(json_string "$BROKER_URL")}"
  if [ -n "$HAS_CA" ]; then
    variables="$variables, {\"name\": \"AMQP_CA_FILE\", \"value\": \"/run/secrets/rabbitmq/ca.crt\"}"
    # The list of items is replaced as a whole.
    volumes='"volumes": [{"name": "credentials", "secret": {"items": [{"key": "username", "path": "username"},
          {"key": "password", "path": "password"}, {"key": "ca.crt", "path": "ca.crt"}]}}],'
  fi
  cat << END
  - target: {kind: Deployment, name: worker}
    patch: |-
      {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "worker"}, "spec": {"template": {"spec": {
        $volumes "containers": [{"name": "worker", "env": [$variables]}]}}}}
  - target: {kind: NetworkPolicy, name: to-broker}
    patch: |-
      [{"op": "replace", "path": "/spec/egress/0/ports/0/port", "value": $port}]
END
}
