# One image, three commands: node, operator, dht. See `docker run ringkeeper`.
ARG BASE=node:24-bookworm-slim

FROM ${BASE} AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
COPY tsconfig.json tsconfig.build.json ./
COPY core core
COPY node node
COPY operator operator
RUN node_modules/.bin/tsc -p tsconfig.build.json --declaration false --sourceMap false \
 && node_modules/.bin/tsc -p operator/console/page \
 && cp operator/console/page/*.html operator/console/page/*.css operator/console/page/*.svg dist/operator/console/page/ \
 && cp operator/cli/*.mjs dist/operator/cli/ \
 && cp operator/image.mjs dist/operator/image.mjs \
 && npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund --loglevel=error \
 # Nothing here reads them, and they are a third of it.
 && find node_modules \( -name '*.d.ts' -o -name '*.map' \) -delete

FROM ${BASE}
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
# Compiled once, here: a node starts faster and smaller, also where nothing can be written. The cache
# is kept by user, so it is made by the one that runs.
ENV NODE_ENV=production NODE_COMPILE_CACHE=/app/compiled
RUN chmod 755 dist/operator/image.mjs dist/operator/cli/*.mjs \
 && ln -s /app/dist/operator/image.mjs /usr/local/bin/ringkeeper \
 && ln -s /app/dist/operator/cli/dht.mjs /usr/local/bin/dht \
 && ln -s /app/dist/operator/cli/kubectl-dht.mjs /usr/local/bin/kubectl-dht \
 # /data: a named volume takes its owner from here.
 && mkdir compiled /data && chown 10001:10001 compiled /data
USER 10001:10001
RUN ringkeeper node --help >/dev/null && ringkeeper operator --help >/dev/null \
 && ringkeeper operator kubernetes --help >/dev/null && ringkeeper dht --help >/dev/null \
 && ringkeeper kubectl-dht --help >/dev/null
# Last, since every commit changes it.
ARG VERSION=dev
ARG REVISION=unknown
LABEL org.opencontainers.image.title="ringkeeper" \
      org.opencontainers.image.description="A Kubernetes operator that runs a distributed hash table and never loses an acknowledged write" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
# Process 1 is Node itself: it takes its signals (operator/image.mjs) and starts no children, so nothing
# is left for an init to reap or to pass on.
ENTRYPOINT ["ringkeeper"]
