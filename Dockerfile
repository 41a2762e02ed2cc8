# One image for all services: the command says which (node services/worker/main.ts, ...). Plain Dockerfile syntax: it
# builds with BuildKit and with the classic builder.

# --- what the image runs with: production packages only
FROM node:24-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# The Kubernetes client is the command line's, on a user's machine; it is a third of all packages, and no service loads it.
# TypeScript is for development; npm takes it along because a package names it as an optional peer.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund --loglevel=error \
 && npm uninstall --no-save --omit=dev --ignore-scripts --no-audit --no-fund --loglevel=error @kubernetes/client-node typescript \
 && find node_modules -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' -o -name '*.md' \) -delete \
 && find node_modules/dejavu-fonts-ttf -name '*.ttf' ! -name 'DejaVuSans.ttf' ! -name 'DejaVuSans-Bold.ttf' ! -name 'DejaVuSans-Oblique.ttf' ! -name 'DejaVuSans-BoldOblique.ttf' -delete

# --- what is compiled: decoders in WebAssembly, and the code that Node keeps compiled
FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
COPY . .
RUN node bin/build-kernels.mjs

FROM packages AS app
COPY --from=build /app/shared ./shared
COPY --from=build /app/services ./services
COPY --from=build /app/cli ./cli
COPY --from=build /app/bin/compile-ahead.mjs ./bin/
# Without types and compiled, once, here: a service starts sooner and smaller. At run time the folder is read-only, and Node finds
# there only what the same user compiled.
ENV NODE_COMPILE_CACHE=/app/.compiled
RUN chmod -R a+rX /app && mkdir .compiled && chown 1000:1000 .compiled
USER 1000:1000
RUN node bin/compile-ahead.mjs

FROM node:24-slim
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="higgsflow" \
      org.opencontainers.image.description="Histograms from ROOT files on as many machines as there are" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"
WORKDIR /app
COPY --from=app /app ./
# One arena for all threads of a process would make them wait, one each keeps freed memory: two.
ENV NODE_ENV=production NODE_COMPILE_CACHE=/app/.compiled MALLOC_ARENA_MAX=2
# By number: Kubernetes can tell from a number that it is not root.
USER 1000:1000
EXPOSE 8080 8081 9100
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.HTTP_PORT || 8080) + '/healthz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "cli/main.ts", "--help"]
