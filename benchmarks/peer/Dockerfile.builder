# The same with uv, and with what reaches the host's package index.
ARG BASE
FROM ${BASE}
COPY uv /usr/local/bin/uv
COPY ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY uv.toml /etc/uv/uv.toml
ENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
