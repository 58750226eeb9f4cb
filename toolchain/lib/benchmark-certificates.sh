# shellcheck shell=bash disable=SC2154
# Keys and certificates for one run of a benchmark. Sourced by those of TLS.

# make_key NAME: NAME.key, for P-256.
make_key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"; }

# make_authority NAME: signs itself: NAME.key and NAME.pem.
make_authority() {
  make_key "$1"
  openssl req -x509 -new -key "$1.key" -subj "/CN=benchmark $1" -days 2 -addext keyUsage=critical,keyCertSign -out "$1.pem"
}

# make_certificate NAME ISSUER KIND [KEY]: NAME.pem, signed by ISSUER, for NAME.key unless KEY says whose. KIND is
# intermediate or server; a server is localhost.
make_certificate() {
  local key=${4:-$1} extensions=('basicConstraints=critical,CA:TRUE' 'keyUsage=critical,keyCertSign')
  if [ "$3" = server ]; then
    extensions=('basicConstraints=critical,CA:FALSE' 'keyUsage=critical,digitalSignature' 'extendedKeyUsage=serverAuth'
      'subjectAltName=DNS:localhost,IP:127.0.0.1')
  fi
  [ -f "$key.key" ] || make_key "$key"
  openssl req -new -key "$key.key" -subj "/CN=benchmark $1" |
    openssl x509 -req -CA "$2.pem" -CAkey "$2.key" -set_serial "0x$(openssl rand -hex 8)" -days 2 \
      -extfile <(printf '%s\n' "${extensions[@]}") -out "$1.pem" 2>/dev/null
}
