# shellcheck shell=bash disable=SC2034,SC2154
# Certificates for boards that have mbedTLS with them: from PEM files, or made here. Sourced after common.sh.

# hexadecimal: standard input as hexadecimal digits.
hexadecimal() { od -An -v -tx1 | tr -d ' \n'; }

# read_certificate FILE KEYFILE: sets certificate_list and private_key to what the board is given.
read_certificate() {
  [ -r "$2" ] || fail "cannot read $2"
  certificate_list=$(list_certificates "$1" 2032)
  # An encrypted key is refused: nobody is asked for its password.
  private_key=$(openssl pkey -in "$2" -outform DER -passin pass: 2>/dev/null | hexadecimal) ||
    fail "$2: it is no private key that can be read without a password"
  openssl pkey -in "$2" -noout -text_pub | grep 'prime256v1' >/dev/null ||
    fail "$2: the boards' mbedTLS takes keys on the curve P-256 only"
  [ "$(openssl pkey -in "$2" -pubout)" = "$(openssl x509 -in "$1" -noout -pubkey)" ] ||
    fail "$2: it is not the key of the first certificate in $1"
}

# list_certificates FILE SIZE: all certificates of a PEM file, each as its length in two bytes and its DER, in
# hexadecimal. Fails when that is more than SIZE bytes.
list_certificates() {
  local count number der list=''
  [ -r "$1" ] || fail "cannot read $1"
  count=$(grep -c '^-----BEGIN CERTIFICATE-----' "$1") || fail "$1: there is no certificate in it (PEM is wanted)"
  for ((number = 1; number <= count; number++)); do
    der=$(awk -v wanted="$number" '/^-----BEGIN CERTIFICATE-----/ { number++ } number == wanted' "$1" |
      openssl x509 -outform DER 2>/dev/null | hexadecimal) || fail "$1: certificate $number cannot be read"
    list+=$(printf '%04x%s' $((${#der} / 2)) "$der")
  done
  [ ${#list} -le $((2 * $2)) ] ||
    fail "$1: the board has room for $2 bytes of certificates with 2 more for each, and these take $((${#list} / 2))"
  echo "$list"
}

# make_certificate FILE KEYFILE: a fresh self-signed certificate for this computer's own names.
make_certificate() {
  openssl req -new -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -out "$1" -keyout "$2" \
    -config /dev/stdin 2>/dev/null <<-END || fail "openssl could not make a certificate"
	[req]
	distinguished_name = name
	x509_extensions = extensions
	prompt = no
	[name]
	CN = localhost
	[extensions]
	subjectAltName = DNS:localhost, IP:127.0.0.1
	basicConstraints = critical, CA:FALSE
	keyUsage = critical, digitalSignature
	extendedKeyUsage = serverAuth
	END
}

# is_self_issued FILE: whether its first certificate is its own authority.
is_self_issued() {
  [ "$(openssl x509 -in "$1" -noout -subject | cut -d = -f 2-)" = \
    "$(openssl x509 -in "$1" -noout -issuer | cut -d = -f 2-)" ]
}
