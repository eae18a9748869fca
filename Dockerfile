# syntax=docker/dockerfile:1
# docker build -t terse . && docker run --rm -p 127.0.0.1:8080:8080 -v ./Models/stories260K.gguf:/models/model.gguf:ro terse
ARG SWIFT_VERSION=6.3
ARG DEBIAN=bookworm

FROM swift:${SWIFT_VERSION}-${DEBIAN} AS build
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
WORKDIR /build
COPY Scripts Scripts
# What building needs beyond the image changes seldom: a layer of its own.
RUN . Scripts/debian.sh && need_for_build && need strip binutils && install_missing
COPY Package.swift ./
COPY Sources Sources
# The manifest names the targets of tests, so that their folders must be there.
COPY Tests Tests
COPY Packaging/static Packaging/static
RUN --mount=type=cache,target=/build/.build --mount=type=cache,target=/root/.cache Packaging/static --output /terse

# The same Debian: the program needs the C library that it was built with, or a newer one.
FROM debian:${DEBIAN}-slim
LABEL org.opencontainers.image.title="terse" \
      org.opencontainers.image.description="Serves efficient language models on CPUs behind OpenAI's API" \
      org.opencontainers.image.licenses="Apache-2.0"
# Certificates for `terse pull`, curl for the health check. A release of Debian fixes their versions but for repairs.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates curl \
    && rm -rf /var/lib/apt/lists/*
COPY LICENSE /usr/share/doc/terse/LICENSE
COPY --from=build /terse /usr/local/bin/terse
# A number, so that Kubernetes can see that it is not root.
USER 65532:65532
VOLUME /models
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=120s --retries=3 \
    CMD ["curl", "--fail", "--silent", "--show-error", "--output", "/dev/null", "http://127.0.0.1:8080/v2/health/ready"]
ENTRYPOINT ["/usr/local/bin/terse"]
# Within a container nobody outside it could reach the loopback address.
CMD ["serve", "--model", "default=/models/model.gguf", "--host", "0.0.0.0", "--port", "8080"]
