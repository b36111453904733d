# The stack's images, from the lock file and with Docker alone: `docker compose build`, which names what they stand on.
ARG CADDY_IMAGE
ARG DEBIAN_IMAGE
ARG GHOST_IMAGE
ARG NODE_IMAGE
ARG NODE_SLIM_IMAGE

# What npm reads, by itself: a change of code does not install anew.
FROM ${NODE_SLIM_IMAGE} AS manifests
WORKDIR /src
COPY . .
RUN mkdir /manifests && cp --parents package.json package-lock.json */*/package.json /manifests

# Where installing starts. Given NPM_CONFIG_REGISTRY, npm asks that one for whatever the lock file names.
FROM ${NODE_SLIM_IMAGE} AS install
ARG NPM_CONFIG_REGISTRY
ENV NPM_CONFIG_IGNORE_SCRIPTS=true NPM_CONFIG_AUDIT=false NPM_CONFIG_FUND=false
WORKDIR /src
COPY --from=manifests /manifests .

# Every package as npm would publish it, in /out/PACKAGE/app, with its command on the path.
FROM install AS build
RUN --mount=type=cache,target=/root/.npm npm ci
COPY . .
RUN ls packages | xargs -P "$(nproc)" -I {} npm run build --silent --if-present --workspace packages/{}
RUN for package in analytics-engine console ghost-analytics-tinybird ghost-cdn-cloudflare ghost-jobs-durable ghost-mail-resend ghost-storage-cloudinary \
      ghost-stack ghost-webhooks-stripe sandbox; do \
      cp LICENSE "packages/$package" && mkdir -p "/out/$package/app" "/out/$package/usr/local/bin" \
      && tar -xzf "$(npm pack --silent --workspace "packages/$package")" -C "/out/$package/app" --strip-components 1 \
      && ln -s /app/dist/cli.js "/out/$package/usr/local/bin/$(node -p "Object.keys(require('./packages/$package/package.json').bin)[0]")" \
      || exit 1; \
    done

# What cannot be bundled, for each package that has such. chDB is built for glibc alone, so these stand on Debian.
FROM install AS modules
RUN --mount=type=cache,target=/root/.npm \
    npm ci --workspace packages/analytics-engine --workspace packages/sandbox --omit dev && node -e "require('chdb')"
# npm also installs what other workspaces need.
RUN for package in analytics-engine sandbox; do \
      mkdir -p "/modules/$package" \
      && npm ls --all --parseable --omit dev --workspace "packages/$package" | grep /src/node_modules/ \
        | grep -v @prosora/ | xargs -I {} cp -r --parents {} "/modules/$package" \
      || exit 1; \
    done

# Ghost's own image with our adapters where no content volume hides them.
FROM ${GHOST_IMAGE} AS ghost
RUN node -e 'const v = require("/var/lib/ghost/current/package.json").version; const [major, minor] = v.split("."); \
    if (major < 6 || (major == 6 && minor < 65)) throw Error(`Ghost ${v} reads no secrets from files: take 6.65 or newer.`)'
COPY --from=build /out/ghost-storage-cloudinary/app /opt/prosora/adapters/storage/prosora-cloudinary
COPY --from=build /out/ghost-jobs-durable/app /opt/prosora/adapters/jobs/@prosora/ghost-jobs-durable
COPY --from=build /out/ghost-jobs-durable/app /opt/prosora/adapters/scheduling/@prosora/ghost-jobs-durable
# Ghost's own check of an adapter: it has to load and to have every method.
RUN cd /var/lib/ghost && CLOUDINARY_URL=cloudinary://key:secret@cloud \
    paths__installedAdaptersPath=/opt/prosora/adapters storage__active=prosora-cloudinary \
    node current/bin/validate-adapters.js --check-duplicate-deps storage:prosora-cloudinary \
      jobs:@prosora/ghost-jobs-durable/jobs scheduling:@prosora/ghost-jobs-durable/scheduling \
    && ln -s /opt/prosora/adapters/storage/prosora-cloudinary/dist/cli.js /usr/local/bin/ghost-cloudinary \
    && ln -s /opt/prosora/adapters/jobs/@prosora/ghost-jobs-durable/dist/cli.js /usr/local/bin/prosora-jobs
COPY --chmod=755 examples/ghost-stack/ghost /opt/prosora
USER 1000:1000
# Without the header Ghost sends every request to the public address. A new version changes the database before it
# answers.
HEALTHCHECK --interval=10s --timeout=5s --start-period=300s --start-interval=1s \
    CMD ["wget", "-q", "-O", "/dev/null", "--header", "X-Forwarded-Proto: https", "http://127.0.0.1:2368/members/api/site/"]
ARG VERSION=dev REVISION=unknown
LABEL org.opencontainers.image.title="Ghost with Prosora's adapters" \
    org.opencontainers.image.source=https://github.com/prosora/prosora \
    org.opencontainers.image.licenses=MIT \
    org.opencontainers.image.version=${VERSION} \
    org.opencontainers.image.revision=${REVISION}

# The edge with the tracker, which it gives in place of Ghost's own script.
FROM ${CADDY_IMAGE} AS caddy
COPY --from=build /out/ghost-analytics-tinybird/app/LICENSE /out/ghost-analytics-tinybird/app/dist/tracker.js /srv/tracker/
USER 1000:1000
ARG VERSION=dev REVISION=unknown
LABEL org.opencontainers.image.title="Caddy with Prosora's tracker" \
    org.opencontainers.image.source=https://github.com/prosora/prosora \
    org.opencontainers.image.licenses=MIT \
    org.opencontainers.image.version=${VERSION} \
    org.opencontainers.image.revision=${REVISION}

# A service that is one file.
FROM ${NODE_IMAGE} AS service
RUN mkdir /data && chown 1000:1000 /data
WORKDIR /data
USER 1000:1000
ARG VERSION=dev REVISION=unknown
LABEL org.opencontainers.image.source=https://github.com/prosora/prosora \
    org.opencontainers.image.licenses=MIT \
    org.opencontainers.image.version=${VERSION} \
    org.opencontainers.image.revision=${REVISION}

FROM service AS mail
COPY --from=build /out/ghost-mail-resend /
ENV PROSORA_MAIL_DATA_DIR=/data
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --start-interval=1s \
    CMD wget -q -O /dev/null "http://${PROSORA_MAIL_PRIVATE_HOST:-127.0.0.1}:4201/readyz"
LABEL org.opencontainers.image.title="Prosora's mail bridge"
CMD ["prosora-mail"]

FROM service AS webhooks
COPY --from=build /out/ghost-webhooks-stripe /
ENV PROSORA_STRIPE_DATA_DIR=/data
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --start-interval=1s \
    CMD wget -q -O /dev/null "http://${PROSORA_STRIPE_PRIVATE_HOST:-127.0.0.1}:4301/readyz"
LABEL org.opencontainers.image.title="Prosora's inbox for Stripe"
CMD ["prosora-stripe"]

FROM service AS analytics
COPY --from=build /out/ghost-analytics-tinybird /
ENV PROSORA_COLLECTOR_DATA_DIR=/data PROSORA_COLLECTOR_HOST=0.0.0.0
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --start-interval=1s \
    CMD wget -q -O /dev/null "http://${PROSORA_COLLECTOR_PRIVATE_HOST:-127.0.0.1}:4401/readyz"
LABEL org.opencontainers.image.title="Prosora's collector"
CMD ["prosora-collector"]

FROM service AS cdn
COPY --from=build /out/ghost-cdn-cloudflare /
ENV PROSORA_CDN_DATA_DIR=/data
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --start-interval=1s \
    CMD wget -q -O /dev/null "http://${PROSORA_CDN_PRIVATE_HOST:-127.0.0.1}:4601/readyz"
LABEL org.opencontainers.image.title="What tells Cloudflare of a Prosora site's changes"
CMD ["prosora-cdn"]

FROM service AS console
COPY --from=build /out/console /
ENV PROSORA_CONSOLE_HOST=0.0.0.0
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --start-interval=1s \
    CMD wget -q -O /dev/null "http://${PROSORA_CONSOLE_PRIVATE_HOST:-127.0.0.1}:4701/readyz"
LABEL org.opencontainers.image.title="Prosora's console"
CMD ["prosora-console"]

# The command `prosora`, with Docker's own command to drive.
FROM service AS ops
USER 0:0
RUN apk add --no-cache docker-cli docker-cli-compose docker-cli-buildx goaccess openssh-client restic
COPY --from=build /out/ghost-stack /
ENV PROSORA_IN_IMAGE=yes
USER 1000:1000
LABEL org.opencontainers.image.title="The command of Prosora's stack"
CMD ["prosora", "help"]

# `mysqlbinlog`, which the official image of MySQL lacks, and the clients for a database elsewhere. What is newer than the
# server reads its log and signs in as well; older releases of Debian have MariaDB's alone, which knows neither compressed
# transactions nor every way to sign in.
FROM ${DEBIAN_IMAGE} AS db-tools
RUN apt-get update && apt-get install --yes --no-install-recommends \
      ca-certificates mysql-client-core mysql-server-core && rm -rf /var/lib/apt/lists/*
USER 999:999
ARG VERSION=dev REVISION=unknown
LABEL org.opencontainers.image.title="What reads the database of a Prosora site" \
    org.opencontainers.image.source=https://github.com/prosora/prosora \
    org.opencontainers.image.licenses=MIT \
    org.opencontainers.image.version=${VERSION} \
    org.opencontainers.image.revision=${REVISION}
CMD ["mysqlbinlog", "--version"]

# A service with modules that cannot be bundled.
FROM ${NODE_SLIM_IMAGE} AS service-on-debian
RUN mkdir /data && chown 1000:1000 /data
WORKDIR /data
USER 1000:1000
ARG VERSION=dev REVISION=unknown
LABEL org.opencontainers.image.source=https://github.com/prosora/prosora \
    org.opencontainers.image.licenses=MIT \
    org.opencontainers.image.version=${VERSION} \
    org.opencontainers.image.revision=${REVISION}

FROM service-on-debian AS engine
COPY --from=modules /modules/analytics-engine/src/node_modules /app/node_modules
COPY --from=ghost /var/lib/ghost/current/core/server/data/tinybird /app/datafiles
COPY --from=build /out/analytics-engine /
ENV PROSORA_ENGINE_DATAFILES=/app/datafiles PROSORA_ENGINE_DATA_DIR=/data PROSORA_ENGINE_HOST=0.0.0.0
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --start-interval=1s \
    CMD ["node", "-e", "fetch(`http://${process.env.PROSORA_ENGINE_PRIVATE_HOST || '127.0.0.1'}:7182/readyz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
LABEL org.opencontainers.image.title="Prosora's analytics engine"
CMD ["prosora-engine"]

FROM service-on-debian AS sandbox
COPY --from=modules /modules/sandbox/src/node_modules /app/node_modules
COPY --from=build /out/sandbox /
ENV PROSORA_SANDBOX_DATA_DIR=/data PROSORA_SANDBOX_HOST=0.0.0.0
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --start-interval=1s \
    CMD ["node", "-e", "fetch('http://127.0.0.1:4100/vendors').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
LABEL org.opencontainers.image.title="Stand-ins for the vendors of a Prosora site"
CMD ["prosora-sandbox"]
