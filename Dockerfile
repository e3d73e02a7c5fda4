# syntax=docker/dockerfile:1
# docker build --build-arg VERSION=v1.2.3 -t hotleads .
# The image is the binary and the certificates of public authorities: no shell, no packages, nobody is root.
# Time zones, pages, migrations and browser libraries are within the binary.
FROM --platform=$BUILDPLATFORM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY . .
ARG VERSION=unknown
ARG TARGETOS
ARG TARGETARCH
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=$VERSION" -o /out/hotleads ./cmd/hotleads \
 && mkdir -p -m 0700 /out/data && mkdir -m 1777 /out/tmp

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/tmp /tmp
# Where SQLite and its secret key are kept unless DATABASE_URL says otherwise.
COPY --from=build --chown=65532:65532 /out/data /data
COPY --from=build /out/hotleads /hotleads
USER 65532:65532
VOLUME /data
EXPOSE 8080
ENV LOG_FORMAT=json
# Liveness only: who restarts what is ill must not restart it because the database is away.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["/hotleads", "healthcheck"]
ENTRYPOINT ["/hotleads"]
CMD ["serve"]
