# gazette alone: one static program and the certificates of the web; no shell, no rights, nothing to write to.
#
#   docker build --tag gazette .
#   docker run --read-only --volume "$PWD:/srv/registry:ro" --publish 8080:8080 gazette
#
# It serves the registry that is mounted at /srv/registry, with its history: the folder that holds `.git`. Other commands take its
# place; those that publish also need a folder at /tmp. `RUST` names another image to build in: a mirror's, or one pinned by digest.

ARG RUST=rust:1.95.0-alpine
FROM ${RUST} AS build
WORKDIR /src
COPY . .
RUN cargo build --profile dist --locked --bin gazette

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /src/target/dist/gazette /gazette
USER 65532:65532
WORKDIR /srv/registry
EXPOSE 8080
ENTRYPOINT ["/gazette"]
CMD ["serve", "--listen", "0.0.0.0", "--port", "8080", "--log", "json"]
